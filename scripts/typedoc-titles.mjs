// A typedoc plugin: a page is called what its first heading says, and not what its file is called. Front matter would do it
// too, and shows as a table where the pages are read as they are.
import { Converter } from "typedoc";

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const heading = /^# (.+)$/m.exec(page.content[0]?.text ?? "");
    if (heading !== null) page.name = heading[1];
  });
}
