import Evaluation
package import Foundation
import Subprocess
import SystemPackage
package import Workbench

/// Why figures could not be drawn; their data and programs are written all the same.
package enum FigureError: Error, Equatable, CustomStringConvertible {
  /// There is no gnuplot on this machine.
  case noGnuplot
  /// Gnuplot refused a program.
  case failed(figure: String, message: String)

  /// The sentence for people.
  package var description: String {
    switch self {
    case .noGnuplot:
      "gnuplot is not installed, so figures were written as .csv and .gp only; "
        + "install it (apt-get install gnuplot-nox) and run `tandem report` again"
    case .failed(let figure, let message): "gnuplot could not draw \(figure): \(message)"
    }
  }
}

extension FigureError: ErrorWithExitStatus {
  /// A missing tool, or gnuplot's own failure.
  package var exitStatus: ExitStatus { self == .noGnuplot ? .missingTool : .numericalFailure }
}

/// Writes `NAME.csv`, `NAME.gp`, and, through gnuplot, `NAME.svg` and `NAME.png` for every figure.
///
/// - Throws: ``FigureError``, after all data files are written.
package func draw(_ figures: [Figure], in folder: URL) async throws {
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  for figure in figures {
    try Data(figure.csv.utf8).write(to: folder.appending(path: "\(figure.name).csv"))
    try Data(GnuplotScript(figure).text.utf8).write(to: folder.appending(path: "\(figure.name).gp"))
  }
  for figure in figures { try await runGnuplot(figure.name, in: folder) }
}

private func runGnuplot(_ name: String, in folder: URL) async throws {
  do {
    let result = try await run(
      .name("gnuplot"), arguments: ["\(name).gp"], workingDirectory: FilePath(folder.path),
      output: .discarded, error: .string(limit: 4096))
    guard result.terminationStatus.isSuccess else {
      throw FigureError.failed(figure: name, message: result.standardError)
    }
  } catch let error as SubprocessError where error.code == .executableNotFound {
    throw FigureError.noGnuplot
  }
}

/// The gnuplot program that draws a figure from the CSV file beside it.
package struct GnuplotScript: Sendable {
  /// The program text: `gnuplot NAME.gp` makes NAME.svg and NAME.png in the working folder.
  package let text: String

  /// Writes the program for a figure.
  package init(_ figure: Figure) {
    let plot = Self.plot(figure)
    let isLarge = figure.scale == .large
    // A legend of many lines needs a taller page.
    let height = max(isLarge ? 500 : 420, 80 + 17 * figure.series.count { !$0.name.isEmpty })
    let letters = isLarge ? 19 : 12
    let key = isLarge ? "inside bottom right" : "outside right top"
    text = """
      # Draws \(figure.name).svg and \(figure.name).png from \(figure.name).csv:  gnuplot \(figure.name).gp
      set datafile separator ","
      set title "\(quoted(figure.title))" font ",\(letters + 1)"
      set xlabel "\(quoted(figure.xLabel))"
      set ylabel "\(quoted(figure.yLabel))"
      set border 3 lc rgb "#666666"
      set tics nomirror out
      set grid lc rgb "#e4e4e4" lw 1
      set key \(key) vertical Left reverse samplen 2
      set style fill transparent solid 0.18 noborder
      \(Self.axis(figure))
      data = "\(figure.name).csv"
      set terminal svg size 760,\(height) font "Helvetica,\(letters)" name "\(figure.name.replacing("-", with: "_"))" background rgb "white"
      set output "\(figure.name).svg"
      plot \(plot)
      set terminal pngcairo size 1140,\(height * 3 / 2) font "Helvetica,\(letters * 5 / 4)"
      set output "\(figure.name).png"
      replot

      """
  }

  private static func axis(_ figure: Figure) -> String {
    let scales = [("x", figure.xScale), ("y", figure.yScale)].filter { $0.1 == .logarithmic }
    let logarithms = scales.map { "\nset logscale \($0.0)\nset format \($0.0) \"10^{%T}\"" }
      .joined()
    guard !figure.categories.isEmpty else { return "set xtics auto" + logarithms }
    let tics = figure.categories.enumerated().map { "\"\(quoted($1))\" \($0)" }
    // Level names of more letters than this overlap.
    let slope = figure.categories.reduce(0) { $0 + $1.count } > 60 ? "rotate by -20 " : ""
    return """
      set xtics \(slope)(\(tics.joined(separator: ", ")))
      set xrange [-0.6:\(short(Double(figure.categories.count) - 0.4))]\(logarithms)
      """
  }

  private static func plot(_ figure: Figure) -> String {
    figure.series.enumerated().flatMap { elements(of: $1, at: $0) }
      .joined(separator: ", \\\n  ")
  }

  /// A series is picked out of the file by its number in the first column.
  private static func elements(of series: FigureSeries, at index: Int) -> [String] {
    func column(_ n: Int) -> String { "($1==\(index)?$\(n):1/0)" }
    func from(_ columns: Int...) -> String {
      "data using " + columns.map(column).joined(separator: ":")
    }
    let title = series.name.isEmpty ? "notitle" : "title \"\(quoted(series.name))\""
    let color = "lc rgb \"\(series.color)\""
    switch series.style {
    case .band:
      return [
        "\(from(2, 4, 5)) skip 1 with filledcurves \(color) notitle",
        "\(from(2, 3)) skip 1 with linespoints lw 2 pt 7 ps 0.35 \(color) \(title)",
      ]
    case .barredLine:
      return ["\(from(2, 3, 4, 5)) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 \(color) \(title)"]
    case .line: return ["\(from(2, 3)) skip 1 with lines lw 2 \(color) \(title)"]
    case .marks: return ["\(from(2, 3)) skip 1 with points pt 7 ps 0.4 \(color) \(title)"]
    case .disc: return ["\(from(2, 3)) skip 1 with points pt 7 ps 1.3 \(color) \(title)"]
    case .guide: return ["\(from(2, 3)) skip 1 with lines lw 1.5 dt 2 \(color) \(title)"]
    case .errorBar:
      return ["\(from(2, 3, 4, 5)) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 \(color) \(title)"]
    }
  }
}

/// Text inside gnuplot's double quotes: quotes and backslashes escaped, and enhanced-text marks made plain.
private func quoted(_ text: String) -> String {
  var result = ""
  for character in text {
    switch character {
    case "\"", "\\": result += "\\\(character)"
    case "_", "^", "@", "{", "}", "&": result += "\\\\\(character)"
    default: result.append(character)
    }
  }
  return result
}
