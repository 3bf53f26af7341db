"""The customer's pages as HTML: the front door, the talk, the notices, the receipt and its pages.

Everything that a page loads is served under /static. There is no inline script or style, so that the strictest
Content-Security-Policy applies; the script's input is JSON in the page.
"""
