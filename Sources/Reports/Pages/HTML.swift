/// The few pieces of HTML that a report is made of.
package enum HTML {
  /// Text with the characters escaped that mean something to HTML.
  package static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A table of cells that hold HTML already, with a row's heading in the first column; nothing without rows.
  package static func table(_ headings: [String], _ rows: [[String]], caption: String = "")
    -> String
  {
    guard !rows.isEmpty else { return "" }
    let head = headings.map { "<th>\($0)</th>" }.joined()
    let body = rows.map { row in
      "<tr>"
        + row.enumerated().map { $0 == 0 ? "<th>\($1)</th>" : "<td>\($1)</td>" }.joined()
        + "</tr>"
    }
    let note = caption.isEmpty ? "" : "<caption>\(caption)</caption>"
    return """
      <div class="table"><table>\(note)<thead><tr>\(head)</tr></thead>
      <tbody>\(body.joined(separator: "\n"))</tbody></table></div>
      """
  }

  /// A figure with its drawing inline and its caption.
  package static func figure(_ figure: Figure, svg: String?) -> String {
    let drawing =
      svg.map(inline)
      ?? "<p class=\"missing\">not drawn: gnuplot is missing; the data are in \(figure.name).csv</p>"
    return """
      <figure id="\(figure.name)">\(drawing)
      <figcaption><b>\(escape(figure.title)).</b> \(escape(figure.caption))</figcaption></figure>
      """
  }

  /// Figures side by side; nothing without figures.
  package static func grid(_ figures: some Collection<Figure>, drawings: [String: String]) -> String
  {
    guard !figures.isEmpty else { return "" }
    let parts = figures.map { figure($0, svg: drawings[$0.name]) }
    return "<div class=\"figures\">\(parts.joined(separator: "\n"))</div>"
  }

  /// Parts of a section under a heading of their own; nothing where all are empty.
  package static func group(_ title: String, _ parts: String...) -> String {
    let filled = parts.filter { !$0.isEmpty }
    return filled.isEmpty ? "" : (["<h3>\(title)</h3>"] + filled).joined(separator: "\n")
  }

  /// The links to sections and the sections themselves, in the order of pages; those without a part are left out.
  package static func sections(
    _ parts: (PageSection) -> [String]
  ) -> (navigation: String, body: String) {
    let filled = PageSection.allCases.map { ($0, parts($0).filter { !$0.isEmpty }) }
      .filter { !$0.1.isEmpty }
    let links = filled.map { "<a href=\"#\($0.0.rawValue)\">\($0.0.link)</a>" }
    let body = filled.map { section, parts in
      """
      <section id="\(section.rawValue)"><h2>\(section.title)</h2>
      \(parts.joined(separator: "\n"))
      </section>

      """
    }
    return ("<nav>\(links.joined())</nav>", body.joined())
  }

  /// The drawing without its XML prologue, so that it can stand inside a page.
  private static func inline(_ svg: String) -> String {
    guard let start = svg.firstRange(of: "<svg") else { return "" }
    return String(svg[start.lowerBound...])
  }
}

/// The style sheet of the report, kept within the page so that it needs no network.
package let reportStyle = """
  :root { --ink: #1d2330; --soft: #5b6475; --line: #e2e5ea; --wash: #f6f7f9; --blue: #0072B2; }
  * { box-sizing: border-box }
  body { margin: 0; font: 16px/1.55 system-ui, "Helvetica Neue", Arial, sans-serif; color: var(--ink) }
  main { max-width: 1080px; margin: 0 auto; padding: 0 24px 80px }
  header { background: #132238; color: #fff; padding: 44px 0 34px; margin-bottom: 28px }
  header div { max-width: 1080px; margin: 0 auto; padding: 0 24px }
  header h1 { font-size: 32px; line-height: 1.2; margin: 0 0 10px }
  header p { margin: 0; color: #c8d3e2; max-width: 800px }
  nav { margin-top: 16px; font-size: 14px } nav a { color: #9cc7ea; margin-right: 14px }
  h2 { font-size: 23px; margin: 44px 0 10px; border-bottom: 2px solid var(--line); padding-bottom: 6px }
  h3 { font-size: 17px; margin: 26px 0 6px }
  .cards { display: flex; flex-wrap: wrap; gap: 14px; margin: 18px 0 }
  .card { flex: 1 1 190px; background: var(--wash); border-left: 5px solid var(--blue); padding: 12px 16px }
  .card b { display: block; font-size: 25px; line-height: 1.25 } .card span { color: var(--soft); font-size: 14px }
  .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(470px, 1fr)); gap: 20px }
  figure { margin: 0; border: 1px solid var(--line); padding: 8px 8px 12px; background: #fff }
  figure svg { width: 100%; height: auto; display: block }
  figcaption { font-size: 14px; color: var(--soft); padding: 4px 8px 0 }
  .table { overflow-x: auto; margin: 12px 0 }
  table { border-collapse: collapse; font-size: 14px; width: 100% }
  caption { caption-side: bottom; text-align: left; color: var(--soft); padding-top: 6px }
  th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top }
  thead th { border-bottom: 2px solid #b9c0cb; font-weight: 600 } tbody th { font-weight: 600; white-space: nowrap }
  td { font-variant-numeric: tabular-nums } small { color: var(--soft) }
  .pass { color: #00704f; font-weight: 600 } .fail, .missing { color: #b3261e; font-weight: 600 }
  code, pre { font: 13.5px/1.5 ui-monospace, Menlo, monospace; background: var(--wash) }
  pre { padding: 12px 16px; overflow-x: auto } .said { background: var(--wash); padding: 12px 18px; white-space: pre-line }
  @media (max-width: 560px) { .figures { grid-template-columns: 1fr } }
  @media print { header { color: #000; background: none } figure { break-inside: avoid } }
  """
