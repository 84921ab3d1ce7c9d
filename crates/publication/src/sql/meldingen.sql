-- Ontvangen meldingen per period, atom and category; see adviezen.sql. A melding counts by its ontvangstdatum.
WITH
  periodes (periode, van, tot) AS (VALUES {{periodes}}),
  dagen AS (SELECT periode, unnest(range(van, tot, INTERVAL '1 day')) AS dag FROM periodes),
  vangnet (vt, van, tot, atoom) AS (VALUES {{vangnet}}),
  plaatsen (vt, gm_code, van, tot, atoom) AS (VALUES {{plaatsen}}),
  geteld AS (
    SELECT dagen.periode, meldingen.*
    FROM dagen
    JOIN meldingen ON meldingen.ontvangstdatum = dagen.dag
    WHERE meldingen.ontvangstdatum >= meldingen.maand_van AND meldingen.ontvangstdatum < meldingen.maand_tot
  ),
  met_vangnet AS (
    SELECT geteld.*, vangnet.atoom AS vangnet_atoom
    FROM vangnet
    JOIN geteld ON geteld.vt = vangnet.vt AND geteld.ontvangstdatum >= vangnet.van AND geteld.ontvangstdatum < vangnet.tot
  ),
  geplaatst AS (
    SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom,
      g.organisatie, g.aard, g.vorm, g.duur_geweld, g.veiligheidstaxatie, g.hermelding, g.besluit
    FROM plaatsen
    RIGHT JOIN met_vangnet g
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
