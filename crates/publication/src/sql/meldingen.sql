-- Ontvangen meldingen per period, atom and category; see adviezen.sql. A melding counts by its ontvangstdatum.
WITH
{{kalender}}
  geteld AS (
    SELECT kalender.periode, kalender.atoom AS vangnet_atoom, meldingen.*
    FROM kalender
    JOIN meldingen ON meldingen.vt = kalender.vt AND meldingen.ontvangstdatum = kalender.dag
    WHERE meldingen.ontvangstdatum >= meldingen.maand_van AND meldingen.ontvangstdatum < meldingen.maand_tot
  ),
  geplaatst AS (
    SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom,
      g.organisatie, g.aard, g.vorm, g.duur_geweld, g.veiligheidstaxatie, g.hermelding, g.besluit
    FROM plaatsen
    RIGHT JOIN geteld g
      ON g.vt = plaatsen.vt AND g.gm_code = plaatsen.gm_code AND g.ontvangstdatum >= plaatsen.van AND g.ontvangstdatum < plaatsen.tot
  )
SELECT periode, atoom, organisatie, aard, vorm, duur_geweld, veiligheidstaxatie, hermelding, besluit, count(*) AS aantal
FROM geplaatst
GROUP BY GROUPING SETS (
  (periode, atoom),
  (periode, atoom, organisatie),
  (periode, atoom, aard),
  (periode, atoom, vorm),
  (periode, atoom, duur_geweld),
  (periode, atoom, veiligheidstaxatie),
  (periode, atoom, hermelding),
  (periode, atoom, besluit)
)
