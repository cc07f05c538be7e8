// A typedoc plugin: names a page by its first heading instead of its file. Front matter would do this too, but is shown
// as a table where the pages are read as they are.
import { Converter } from "typedoc";

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const heading = /^# (.+)$/m.exec(page.content[0]?.text ?? "");
    if (heading !== null) page.name = heading[1];
  });
}
