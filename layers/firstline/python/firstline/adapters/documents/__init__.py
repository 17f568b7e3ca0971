"""Documents in other formats read into our Markdown: html, pdf, docx, and tables in csv."""
