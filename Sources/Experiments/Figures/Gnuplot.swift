public import Foundation
import Subprocess
import SystemPackage

/// Why figures could not be drawn; their data and programs are written all the same.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  /// There is no gnuplot on this machine.
  case noGnuplot
  /// Gnuplot refused a program.
  case failed(figure: String, message: String)

  /// The sentence for people.
  public var description: String {
    switch self {
    case .noGnuplot:
      "gnuplot is not installed, so figures were written as .csv and .gp only; "
        + "install it (apt-get install gnuplot-nox) and run `tandem report` again"
    case .failed(let figure, let message): "gnuplot could not draw \(figure): \(message)"
    }
  }
}

/// Writes `NAME.csv`, `NAME.gp`, and, through gnuplot, `NAME.svg` and `NAME.png` for every figure.
///
/// - Throws: ``FigureError``, after all data files are written.
public func draw(_ figures: [Figure], in folder: URL) async throws {
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
