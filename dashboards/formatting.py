"""Numbers, dates and intervals as the pages write them: those of `pilot.formatting`."""

from pilot.formatting import LOCALES as LOCALES
from pilot.formatting import Language as Language
from pilot.formatting import Unit as Unit
from pilot.formatting import clock_time as clock_time
from pilot.formatting import day_and_year as day_and_year
from pilot.formatting import interval as interval
from pilot.formatting import join_names as join_names
from pilot.formatting import long_day as long_day
from pilot.formatting import measure as measure
from pilot.formatting import month_name as month_name
from pilot.formatting import number as number
from pilot.formatting import short_day as short_day
