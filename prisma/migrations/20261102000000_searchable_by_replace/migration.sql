-- The same result as before in a tenth of the time: translate compares each character with all of the list, replace
-- looks for one character at the speed of memory. It was most of the cost of storing a session.
CREATE OR REPLACE FUNCTION "searchable"("text" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
  replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace("text"
  , '/', ' '), '\', ' '), '_', ' '), '.', ' '), ':', ' ')
  , '=', ' '), '@', ' '), '#', ' '), '$', ' '), '%', ' ')
  , '^', ' '), '&', ' '), '*', ' '), '+', ' '), '~', ' ')
  , '`', ' '), '|', ' '), '<', ' '), '>', ' '), '{', ' ')
  , '}', ' '), '[', ' '), ']', ' '), '(', ' '), ')', ' ')
$$;
