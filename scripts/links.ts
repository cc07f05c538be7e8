/** Checks the links of the documentation: collects links and anchors from texts. */

/** A page without its code, where brackets are not links. */
function prose(markdown: string): string {
  return markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replace(/`[^`\n]*`/g, "``");
}

export function linksOfMarkdown(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** The fragments of its headings, as GitHub generates them. */
export function anchorsOfMarkdown(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, "").matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let name = slug;
    for (let again = 1; anchors.has(name); again++) name = `${slug}-${again}`;
    anchors.add(name);
  }
  return anchors;
}

export function linksOfHtml(html: string): string[] {
  return [...html.matchAll(/<[a-z][^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, link = ""]) => unescaped(link));
}

export function anchorsOfHtml(html: string): Set<string> {
  return new Set([...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id = ""]) => unescaped(id)));
}

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A page to check links against, keyed by its "/"-separated path. */
export type Page = { links: readonly string[]; anchors: ReadonlySet<string> };

/**
 * Returns dead links, as "PAGE: LINK". Links to other hosts are not followed, and must be https.
 *
 * @param exists whether there is a file or folder that is not a page
 */
export function deadLinks(pages: ReadonlyMap<string, Page>, exists: (path: string) => boolean): string[] {
  return [...pages].flatMap(([path, { links }]) =>
    [...new Set(links)].filter((link) => !leads(path, link, pages, exists)).map((link) => `${path}: ${link}`),
  );
}

function leads(
  from: string,
  link: string,
  pages: ReadonlyMap<string, Page>,
  exists: (path: string) => boolean,
): boolean {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return /^(https|data):/.test(link);
  const { pathname, hash } = new URL(link, `https://here/${from}`);
  const path = decodeURIComponent(pathname).slice(1);
  const page = pages.get(path);
  if (page === undefined) return hash === "" && exists(path);
  return hash === "" || page.anchors.has(decodeURIComponent(hash.slice(1)));
}
