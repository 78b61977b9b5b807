# Databricks notebook source
# MAGIC %md
# MAGIC # Identity match
# MAGIC Matches the records of a brand with the identity spine of the provider, across e-mail
# MAGIC address, phone number and device id, and rolls the people found up to households. It writes
# MAGIC three tables of counts and rates to the output schema of the run and prints nothing of
# MAGIC either side's rows.

# COMMAND ----------
# DBTITLE 1,Parameters
import re

from pyspark.sql import functions as F

# Too small a table would let its owner ask about single people. Not a parameter: the runner may
# not lower it.
MINIMUM_RECORDS = 1000
# An identifier of more people than this says nothing about any of them.
MAX_PERSONS_PER_IDENTIFIER = 5

dbutils.widgets.text("brand_alias", "")
dbutils.widgets.text("brand_table", "crm.customers")
dbutils.widgets.text("provider_alias", "provider")
dbutils.widgets.text("match_keys", "email,phone,device")
dbutils.widgets.text("default_calling_code", "1")
# The platform fills these in.
dbutils.widgets.text("cr_output_catalog", "")
dbutils.widgets.text("cr_output_schema", "")


def parameter(name, pattern):
    """The value of a widget; it goes into SQL names, so it must look as it should."""
    value = dbutils.widgets.get(name).strip()
    if not re.fullmatch(pattern, value):
        raise ValueError(f"parameter {name} does not look like {pattern}")
    return value


NAME = r"[A-Za-z0-9_]+"
brand_alias = parameter("brand_alias", NAME)
brand_table = parameter("brand_table", NAME + r"\." + NAME)
provider_alias = parameter("provider_alias", NAME)
match_keys = parameter("match_keys", r"(email|phone|device)(,(email|phone|device))*").split(",")
default_calling_code = parameter("default_calling_code", r"[1-9][0-9]{0,2}")
output_schema = parameter("cr_output_catalog", NAME) + "." + parameter("cr_output_schema", NAME)

# COMMAND ----------
# DBTITLE 1,Inputs
brand = spark.table(f"{brand_alias}.{brand_table}")
known = {name.lower(): name for name in brand.columns}
if "record_id" not in known:
    raise ValueError(f"{brand_table} has no column record_id")


def brand_column(name):
    """A column of the brand's table as text; null where the brand has no such column."""
    source = F.col(known[name]) if name in known else F.lit(None)
    return source.cast("string").alias(name)


brand.select(
    *[brand_column(name) for name in ("record_id", "email", "phone", "device_id")]
).createOrReplaceTempView("brand_record")

for table in ("person", "identifier", "household"):
    spark.table(f"{provider_alias}.spine.{table}").createOrReplaceTempView(f"spine_{table}")

spark.createDataFrame(
    [
        (
            default_calling_code,
            int("email" in match_keys),
            int("phone" in match_keys),
            int("device" in match_keys),
            MAX_PERSONS_PER_IDENTIFIER,
        )
    ],
    "default_calling_code string, use_email int, use_phone int, use_device int, "
    "max_persons_per_identifier int",
).createOrReplaceTempView("match_settings")

records = spark.table("brand_record").select("record_id").distinct().count()
if records < MINIMUM_RECORDS:
    raise ValueError(f"{brand_table} has fewer than {MINIMUM_RECORDS} records")

# COMMAND ----------
# DBTITLE 1,Match
MATCH_SQL = r"""
# roomkeeper:include match.sql
"""

for statement in MATCH_SQL.split(";"):
    view = re.search(r"CREATE TEMPORARY VIEW (\w+)", statement)
    if view:
        spark.catalog.dropTempView(view.group(1))
        spark.sql(statement)

# COMMAND ----------
# DBTITLE 1,Results
RESULTS = ("match_rate", "coverage", "household_coverage")

for name in RESULTS:
    spark.table(name).write.mode("overwrite").saveAsTable(f"{output_schema}.{name}")

dbutils.notebook.exit("written: " + ", ".join(RESULTS))
