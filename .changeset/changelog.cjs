/** How `changeset version` writes CHANGELOG.md: the text of each change, as its author wrote it. */
module.exports = {
  getReleaseLine: async ({ summary }) => `- ${summary.trim().replaceAll("\n", "\n  ")}`,
  getDependencyReleaseLine: async () => "",
};
