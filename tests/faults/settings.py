"""The settings of a worker process in a kill test: the product's, on the database of the test that started it."""

import os

from newsletter.project.settings import *  # noqa: F403
from newsletter.project.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["FAULTS_DATABASE"]
