"""Server-rendered pages and fragments: documents with permanent clause links, risks, sign-in, feeds, calendars."""
