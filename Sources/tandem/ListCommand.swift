import ArgumentParser
import Foundation
import Workbench

/// `tandem list`: the experiments there are.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the experiments in a folder.",
    discussion: """
      EXAMPLES
        tandem list
        tandem list experiments --json
      """)

  @Argument(help: "A folder of experiment folders.")
  var folder = "experiments"

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  /// One experiment.
  private struct Row: Encodable {
    var name, title: String
    var seeds: [Int]
    var arms: [String]
  }

  private struct Document: Encodable {
    var schema = "tandem.list/1"
    var experiments: [Row]
  }

  func run() throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw MissingInput(path: folder, remedy: "name a folder with experiments in it")
    }
    let rows = try names.sorted().compactMap { name -> Row? in
      let file = URL(filePath: folder).appending(path: name).appending(path: "experiment.yaml")
      guard FileManager.default.fileExists(atPath: file.path) else { return nil }
      let specification = try ExperimentSpecification(contentsOf: file)
      return Row(
        name: name, title: specification.title, seeds: specification.seeds.values,
        arms: specification.arms.map(\.name))
    }
    if json { return try print(jsonText(of: Document(experiments: rows))) }
    for row in rows {
      print(
        padded(row.name, to: 18) + padded("\(row.seeds.count) seeds", to: 10)
          + padded(row.arms.joined(separator: ", "), to: 34) + row.title)
    }
  }
}
