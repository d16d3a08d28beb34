# Sourced by the Postgres image on the first start: the site's own role, which is no superuser.
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username postgres <<'SQL'
CREATE ROLE modelscout LOGIN NOSUPERUSER PASSWORD :'password';
CREATE DATABASE modelscout OWNER modelscout;
\connect modelscout
CREATE EXTENSION vector;
SQL
