-- Gestarte adviezen per period, atom and category. An advies counts from the delivery of the month of its startdatum only.
-- Lists (aard, vorm) stay whole here: there are few different ones, and they are split after the counting.
-- The small table always stands left in its join: that side is held in memory, and the registrations stream past it.
WITH
{{kalender}}
  geteld AS (
    SELECT kalender.periode, kalender.atoom AS vangnet_atoom, adviezen.*
    FROM kalender
    JOIN adviezen ON adviezen.vt = kalender.vt AND adviezen.startdatum = kalender.dag
    WHERE adviezen.startdatum >= adviezen.maand_van AND adviezen.startdatum < adviezen.maand_tot
  ),
  geplaatst AS (
    SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom, g.kanaal, g.organisatie, g.aard, g.vorm, g.duur_geweld
    FROM plaatsen
    RIGHT JOIN geteld g
      ON g.vt = plaatsen.vt AND g.gm_code = plaatsen.gm_code AND g.startdatum >= plaatsen.van AND g.startdatum < plaatsen.tot
  )
SELECT periode, atoom, kanaal, organisatie, aard, vorm, duur_geweld, count(*) AS aantal
FROM geplaatst
GROUP BY GROUPING SETS (
  (periode, atoom),
  (periode, atoom, kanaal),
  (periode, atoom, organisatie),
  (periode, atoom, aard),
  (periode, atoom, vorm),
  (periode, atoom, duur_geweld)
)
