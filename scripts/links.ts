/** Links of the documentation: what a page leads to, and what can be led to in it. Texts in, lists out. */

/** A page without its code, in which brackets are no links. */
function prose(markdown: string): string {
  return markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replace(/`[^`\n]*`/g, "``");
}

export function linksOfMarkdown(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** The fragments that its headings have, as GitHub makes them. */
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

/** What links are checked against: pages by their path, "/"-separated; undefined for what is not there. */
export type Page = { links: readonly string[]; anchors: ReadonlySet<string> };

/**
 * Links that lead nowhere, as "PAGE: LINK". Those to other hosts are not followed, and have to be https.
 *
 * @param exists whether there is a file or folder that is no page
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
