/// The few pieces of HTML that a report is made of.
enum HTML {
  /// Text with the characters escaped that mean something to HTML.
  static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A table of cells that hold HTML already, with a row's heading in the first column.
  static func table(_ headings: [String], _ rows: [[String]], caption: String = "") -> String {
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
  static func figure(_ figure: Figure, svg: String?) -> String {
    let drawing =
      svg.map(inline)
      ?? "<p class=\"missing\">not drawn: gnuplot is missing; the data are in \(figure.name).csv</p>"
    return """
      <figure id="\(figure.name)">\(drawing)
      <figcaption><b>\(escape(figure.title)).</b> \(escape(figure.caption))</figcaption></figure>
      """
  }

  /// A section with an anchor.
  static func section(_ id: String, _ title: String, _ parts: String...) -> String {
    "<section id=\"\(id)\"><h2>\(title)</h2>\n\(parts.joined(separator: "\n"))\n</section>\n"
  }

  /// The drawing without its XML prologue, so that it can stand inside a page.
  private static func inline(_ svg: String) -> String {
    guard let start = svg.firstRange(of: "<svg") else { return "" }
    return String(svg[start.lowerBound...])
  }
}
