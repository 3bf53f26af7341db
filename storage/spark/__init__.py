"""Hands the heavy steps of a day to an engine behind Spark Connect; the lake keeps its one writer."""

import importlib
import warnings

from storage.spark.main_file import some_main_file

# These steps use no pandas: rows travel as Arrow.
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
with some_main_file():
    importlib.import_module("pyspark.sql.connect")
