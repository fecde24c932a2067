"""`python -m crawlers.portal --port 8790`: serve the demo portal until Ctrl-C."""

from __future__ import annotations

import argparse
import time

from crawlers.portal.site import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve the demo portal of the fictional province on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8790)
    with serve(parser.parse_args().port) as base:
        print(base, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
