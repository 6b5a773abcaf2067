import sys

from league_client.command import main

sys.exit(main())
