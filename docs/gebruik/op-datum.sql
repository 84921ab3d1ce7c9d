-- Alle cijfers zoals ze op een peilmoment golden: van elke periode de hoogste uitgave die toen niet was ingetrokken.
-- `historie` is alles onder historie/cijfers/ (of historie/indicatoren/); zet het peilmoment in de derde regel van de query.
WITH peil AS (
    SELECT CAST('2021-03-01T06:00:00Z' AS TIMESTAMP WITH TIME ZONE) AS moment
), toen AS (
    SELECT h.* FROM historie h, peil WHERE h.gepubliceerd_op <= peil.moment
), geldig AS (
    SELECT u.periode, max(u.uitgave) AS uitgave
    FROM toen u
    WHERE u.gebeurtenis = 'uitgave'
      AND NOT EXISTS (
          SELECT 1 FROM toen i
          WHERE i.gebeurtenis = 'intrekking' AND i.periode = u.periode AND i.uitgave = u.uitgave
      )
    GROUP BY u.periode
)
SELECT toen.*
FROM toen
JOIN geldig ON toen.periode = geldig.periode AND toen.uitgave = geldig.uitgave
WHERE toen.gebeurtenis = 'uitgave'
