"""The course as pages to read: `course site`.

Not everybody who wants to know what a chapter shows wants to install PyTorch first. So the chapters are run once, with the
reference answers in place, and written as static pages: figures, tables, search, a glossary, the references of all chapters, a
light and a dark form, no request to any other server. Sphinx with MyST-NB makes the pages (well kept, and search, cross
references and themes come with it); what is ours is what a *course* needs on top:

* `executed`: a chapter is run only when it, or the library, has changed; its outputs wait in the cache.
* `pages`: reference answers and hints are folded, so that a reader can think first; widgets say what they would do.
* `glossary`, `references`: made from one list of terms, and from the chapters' own further reading.
* `links`: every link inside the site leads somewhere, down to the heading.

`build` puts them together.
"""

from course_lib.authoring.site.build import Site, build_site

__all__ = ["Site", "build_site"]
