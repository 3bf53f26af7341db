"""Hands the heavy steps of a day to an engine behind Spark Connect; the lake keeps its one writer."""

import warnings

from storage.spark.main_file import name_a_main_file

name_a_main_file()
# These steps use no pandas: rows travel as Arrow.
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
