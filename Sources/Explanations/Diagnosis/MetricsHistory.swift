package import Datasets
package import Foundation
import JSON
package import Training
package import Workbench

/// What a training logged, step by step, under TRL's names.
package struct MetricsHistory: Sendable {
  /// The file or cell that it was read from.
  package var name: String
  /// The rows in the order of the file.
  package var rows: [MetricsRow]

  /// A history of rows.
  package init(name: String, rows: [MetricsRow]) { (self.name, self.rows) = (name, rows) }

  /// One logged number.
  package struct Point: Equatable, Sendable {
    /// The step that it was logged at.
    package var step: Int
    /// The number.
    package var value: Double

    /// A number at a step.
    package init(step: Int, value: Double) { (self.step, self.value) = (step, value) }
  }

  /// The finite numbers of a metric.
  package func points(_ metric: MetricKey) -> [Point] {
    rows.compactMap { row in
      row.values[metric].flatMap { $0.isFinite ? Point(step: row.step, value: $0) : nil }
    }
  }

  /// The numbers of a metric before anything was updated; nil where step 0 was not logged.
  package func beforeTraining(_ metric: MetricKey) -> Double? {
    points(metric).first { $0.step == 0 }?.value
  }

  /// The mean of a metric over its last quarter, with the last step; nil of fewer than four.
  package func lastQuarter(_ metric: MetricKey) -> Point? {
    let all = points(metric)
    guard all.count >= 4 else { return nil }
    let tail = all.suffix(all.count / 4)
    let mean = tail.reduce(0) { $0 + $1.value } / Double(tail.count)
    return Point(step: tail.last?.step ?? 0, value: mean)
  }

  /// The median of a metric after step 0; nil of nothing.
  package func median(_ metric: MetricKey) -> Double? {
    let sorted = points(metric).filter { $0.step > 0 }.map(\.value).sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }
}

extension MetricsHistory {
  /// The trainings below a path: `metrics.jsonl`, TRL's `trainer_state.json`, a folder with one of
  /// them, or a run folder with a cell for each arm and seed.
  package static func all(at url: URL) throws -> [MetricsHistory] {
    guard let kind = try? url.resourceValues(forKeys: [.isDirectoryKey]) else {
      throw MissingInput(
        path: url.path, remedy: "name a run folder, a metrics.jsonl or a trainer_state.json")
    }
    guard kind.isDirectory == true else { return [try MetricsHistory(contentsOf: url)] }
    for name in fileNames {
      let file = url.appending(path: name)
      if FileManager.default.fileExists(atPath: file.path) {
        return [try MetricsHistory(contentsOf: file)]
      }
    }
    let paths = try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted()
    let cells = paths.filter { path in
      let parts = path.split(separator: "/")
      return parts.count >= 2 && parts.last.map { fileNames.contains(String($0)) } == true
        && !untrained.contains(String(parts[parts.count - 2])) && !path.contains(".partial")
    }
    guard !cells.isEmpty else {
      throw MissingInput(
        path: url.path, remedy: "nothing below it is a metrics.jsonl or a trainer_state.json")
    }
    return try cells.map { path in
      var history = try MetricsHistory(contentsOf: url.appending(path: path))
      history.name = path.split(separator: "/").dropLast().joined(separator: "/")
      return history
    }
  }

  private static let fileNames = ["metrics.jsonl", "trainer_state.json"]
  /// Cells that are no policy.
  private static let untrained = ["sft", "reward"]

  /// Reads one file.
  package init(contentsOf url: URL) throws(DataError) {
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      throw .unreadable(path: url.relativePath, reason: plainReason(error))
    }
    try self.init(data, name: url.relativePath)
  }

  /// Reads the contents of a file: JSON Lines, or one object with a `log_history`.
  package init(_ data: Data, name: String) throws(DataError) {
    let bytes = Array(data)
    if case .object(let members)? = try? JSONReader.value(in: bytes),
      let log = members.first(where: { $0.key == "log_history" })
    {
      guard let rows = log.value.array?.map(row), rows.allSatisfy({ $0 != nil }) else {
        throw .refused(
          name, "'log_history' is not a list of objects", "name TRL's trainer_state.json")
      }
      self.init(name: name, rows: rows.compactMap(\.self))
    } else {
      var rows: [MetricsRow] = []
      for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
        let value: JSONValue
        do { value = try JSONReader.value(in: Array(line), of: .line) } catch {
          throw .refused(name, error.what, error.remedy, line: index + 1)
        }
        guard let row = row(value) else {
          throw .refused(
            name, "the line is not an object with a whole number 'step'",
            "write one flat object on each line, as `tandem run` does", line: index + 1)
        }
        rows.append(row)
      }
      self.init(name: name, rows: rows)
    }
    guard !rows.isEmpty else {
      throw .refused(name, "there is no row in it", "name the log of a training")
    }
  }
}

extension DataError {
  fileprivate static func refused(
    _ file: String, _ what: String, _ remedy: String, line: Int = 0
  ) -> DataError {
    .invalid(
      problems: [DataProblem(file: file, line: line, what: what, remedy: remedy)], omitted: 0)
  }
}

/// The numbers of an object and its step; nil where there is none.
private func row(_ value: JSONValue) -> MetricsRow? {
  guard case .object(let members) = value,
    let step = members.first(where: { $0.key == "step" })?.value.double.flatMap(Int.init(exactly:))
  else { return nil }
  let numbers = members.compactMap { member in
    member.value.double.map { (member.key, $0) }
  }
  return MetricsRow(
    step: step, values: Dictionary(numbers, uniquingKeysWith: { first, _ in first }))
}
