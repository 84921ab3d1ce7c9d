-- Afgeronde diensten per period, atom and soort; see adviezen.sql. A dienst counts by its eind, from the delivery of that
-- month only (started in January and ended in March, it is in both), and in the gemeente of its melding, which can be in the
-- delivery of any month up to that one. Where a region gives a melding in several months, the latest one says the gemeente.
WITH
  periodes (periode, van, tot) AS (VALUES {{periodes}}),
  dagen AS (SELECT periode, unnest(range(van, tot, INTERVAL '1 day')) AS dag FROM periodes),
  vangnet (vt, van, tot, atoom) AS (VALUES {{vangnet}}),
  plaatsen (vt, gm_code, van, tot, atoom) AS (VALUES {{plaatsen}}),
  afgerond AS (
    SELECT dagen.periode, diensten.vt, diensten.id, diensten.melding, diensten.soort, diensten.eind
    FROM dagen
    JOIN diensten ON diensten.eind = dagen.dag
    WHERE diensten.eind >= diensten.maand_van AND diensten.eind < diensten.maand_tot
      AND diensten.soort IN ({{soorten}})
  ),
  geteld AS (
    SELECT a.periode, a.vt, a.id, a.soort, a.eind,
      max(concat(m.maand_van, coalesce(m.gm_code, ''))) AS maand_en_gemeente
    FROM afgerond a
    LEFT JOIN meldingen m ON m.vt = a.vt AND m.id = a.melding AND m.maand_van <= a.eind
    GROUP BY a.periode, a.vt, a.id, a.soort, a.eind
  ),
  met_vangnet AS (
    SELECT g.periode, g.vt, g.soort, g.eind, substr(g.maand_en_gemeente, 11) AS gm_code, vangnet.atoom AS vangnet_atoom
    FROM vangnet
    JOIN geteld g ON g.vt = vangnet.vt AND g.eind >= vangnet.van AND g.eind < vangnet.tot
  )
SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom, g.soort, count(*) AS aantal
FROM plaatsen
RIGHT JOIN met_vangnet g
  ON g.vt = plaatsen.vt AND g.gm_code = plaatsen.gm_code AND g.eind >= plaatsen.van AND g.eind < plaatsen.tot
GROUP BY 1, 2, 3
