create role cheget_db login;            -- its password: \password cheget_db
create role ann login;
create role dba superuser;             -- somebody wanted ann to mend things at night
grant dba to ann;
create schema cheget authorization cheget_db;
grant create on schema public to cheget_db;
set role cheget_db;
create table cheget.done (key text primary key);
create table archive_2024 ();
create table archive_2025 ();
create table canary ();
