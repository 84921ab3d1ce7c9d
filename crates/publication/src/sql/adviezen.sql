-- Gestarte adviezen per period, atom and category. An advies counts from the delivery of the month of its startdatum only.
-- Lists (aard, vorm) stay whole here: there are few different ones, and they are split after the counting.
-- A small table always stands left of its join, so that the joins hold that one in memory and stream the registrations.
WITH
  periodes (periode, van, tot) AS (VALUES {{periodes}}),
  dagen AS (SELECT periode, unnest(range(van, tot, INTERVAL '1 day')) AS dag FROM periodes),
  vangnet (vt, van, tot, atoom) AS (VALUES {{vangnet}}),
  plaatsen (vt, gm_code, van, tot, atoom) AS (VALUES {{plaatsen}}),
  geteld AS (
    SELECT dagen.periode, adviezen.*
    FROM dagen
    JOIN adviezen ON adviezen.startdatum = dagen.dag
    WHERE adviezen.startdatum >= adviezen.maand_van AND adviezen.startdatum < adviezen.maand_tot
  ),
  met_vangnet AS (
    SELECT geteld.*, vangnet.atoom AS vangnet_atoom
    FROM vangnet
    JOIN geteld ON geteld.vt = vangnet.vt AND geteld.startdatum >= vangnet.van AND geteld.startdatum < vangnet.tot
  ),
  geplaatst AS (
    SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom, g.kanaal, g.organisatie, g.aard, g.vorm, g.duur_geweld
    FROM plaatsen
    RIGHT JOIN met_vangnet g
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
