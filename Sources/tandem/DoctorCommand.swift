import ArgumentParser
import Explanations
import Workbench

/// `tandem doctor`: the machine, and what of it decides the bits.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Print processor, vector width and versions, and what of it decides the bits.",
    discussion: """
      Two machines that agree in every line marked `bits` write the same bytes for
      the same command.

      EXAMPLES
        tandem doctor
        tandem doctor --json
      """)

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func run() async throws {
    let document = DoctorDocument(findings: await Machine.gathered().findings)
    try print(json ? jsonText(of: document) : document.text)
  }
}

/// What `tandem doctor` prints.
private struct DoctorDocument: Encodable {
  var schema = "tandem.doctor/1"
  var version = TandemCommand.configuration.version
  var findings: [Machine.Finding]

  var text: String {
    let rows = findings.map { finding in
      padded(finding.affectsBits ? "bits" : "", to: 6) + padded(finding.name, to: 14)
        + finding.value + "\n" + padded("", to: 20) + finding.note
    }
    return (["tandem \(version)"] + rows).joined(separator: "\n")
  }
}
