-- The head of every query: per period, day and VT the atom of what has no row of its own in plaatsen.
  periodes (periode, van, tot) AS (VALUES {{periodes}}),
  dagen AS (SELECT periode, unnest(range(van, tot, INTERVAL '1 day')) AS dag FROM periodes),
  vangnet (vt, van, tot, atoom) AS (VALUES {{vangnet}}),
  plaatsen (vt, gm_code, van, tot, atoom) AS (VALUES {{plaatsen}}),
  kalender AS (
    SELECT dagen.periode, dagen.dag, vangnet.vt, vangnet.atoom
    FROM vangnet
    JOIN dagen ON dagen.dag >= vangnet.van AND dagen.dag < vangnet.tot
  ),
