-- Afgeronde diensten per period, atom and soort; see adviezen.sql. A dienst counts by its eind, from the delivery of that
-- month only (started in January and ended in March, it is in both), and in the gemeente of its melding, which can be in the
-- delivery of any month up to that one. Where a region gives a melding in several months, the latest one says the gemeente.
WITH
{{kalender}}
  afgerond AS (
    SELECT kalender.periode, kalender.atoom AS vangnet_atoom, diensten.vt, diensten.id, diensten.melding, diensten.soort, diensten.eind
    FROM kalender
    JOIN diensten ON diensten.vt = kalender.vt AND diensten.eind = kalender.dag
    WHERE diensten.eind >= diensten.maand_van AND diensten.eind < diensten.maand_tot
      AND diensten.soort IN ({{soorten}})
  ),
  met_maand AS (
    SELECT a.periode, a.vangnet_atoom, a.vt, a.id, a.soort, a.eind,
      max(concat(m.maand_van, coalesce(m.gm_code, ''))) AS maand_en_gemeente
    FROM afgerond a
    LEFT JOIN meldingen m ON m.vt = a.vt AND m.id = a.melding AND m.maand_van <= a.eind
    GROUP BY a.periode, a.vangnet_atoom, a.vt, a.id, a.soort, a.eind
  ),
  geteld AS (
    SELECT periode, vangnet_atoom, vt, soort, eind, substr(maand_en_gemeente, 11) AS gm_code FROM met_maand
  )
SELECT g.periode, coalesce(plaatsen.atoom, g.vangnet_atoom) AS atoom, g.soort, count(*) AS aantal
FROM plaatsen
RIGHT JOIN geteld g
  ON g.vt = plaatsen.vt AND g.gm_code = plaatsen.gm_code AND g.eind >= plaatsen.van AND g.eind < plaatsen.tot
GROUP BY 1, 2, 3
