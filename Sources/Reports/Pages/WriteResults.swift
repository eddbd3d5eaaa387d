package import Foundation
package import Workbench

/// Writes what an experiment leaves to be committed: summary.json, claims.json, curves.csv, paths.csv where
/// trainings were looked at between checkpoints, figures and the report.
///
/// - Throws: ``FigureError`` where gnuplot is missing, after everything else is written.
package func writeResults(
  _ summary: ExperimentSummary, cells: [CellRecord], to folder: URL
) async throws {
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let runs = ArmRuns.group(cells, by: summary.facts)
  try write(encoded(summary), to: folder.appending(path: "summary.json"))
  let claims = experimentClaims(summary)
  if !claims.isEmpty { try ClaimFile(claims).write(to: folder) }
  try write(
    Data(CurvesFile.text(of: cells, facts: summary.facts).utf8),
    to: folder.appending(path: CurvesFile.name))
  if let paths = CurvesTable(pathsOf: runs) {
    try write(Data(paths.csv.utf8), to: folder.appending(path: "paths.csv"))
  }
  let figures = experimentFigures(cells, facts: summary.facts)
  try await writePage(figures: figures, to: folder) { drawings in
    ReportPage(summary: summary, figures: figures, drawings: drawings, samples: samples(runs)).html
  }
}

/// Draws the figures and writes `report.html` around them.
///
/// - Throws: ``FigureError`` where gnuplot is missing, after the page is written without drawings.
package func writePage(
  figures: [Figure], to folder: URL, html: (_ drawings: [String: String]) -> String
) async throws {
  var missing: FigureError?
  do { try await draw(figures, in: folder) } catch let error as FigureError { missing = error }
  let drawings = missing == nil ? readDrawings(figures, in: folder) : [:]
  try write(Data(html(drawings).utf8), to: folder.appending(path: "report.html"))
  if let missing { throw missing }
}

/// The first seed's samples of each arm.
private func samples(_ runs: [ArmRuns]) -> [(arm: String, rows: [SampleRecord])] {
  runs.compactMap { run in
    guard let cell = run.cells.first, !cell.samples.isEmpty else { return nil }
    return (run.name, Array(cell.samples.prefix(8)))
  }
}

private func readDrawings(_ figures: [Figure], in folder: URL) -> [String: String] {
  var drawings: [String: String] = [:]
  for figure in figures {
    let file = folder.appending(path: "\(figure.name).svg")
    drawings[figure.name] = try? String(contentsOf: file, encoding: .utf8)
  }
  return drawings
}

private func encoded(_ summary: ExperimentSummary) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  return try encoder.encode(summary) + Data("\n".utf8)
}

private func write(_ data: Data, to file: URL) throws {
  try data.write(to: file, options: .atomic)
}
