\getenv key CHEGET_KEY
begin;
insert into cheget.done values (:'key');
drop table :"table";
commit;
