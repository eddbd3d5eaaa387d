import ArgumentParser
import Foundation
import TensorKernels

/// `tandem-benchmarks`: how fast the model core is on this machine, as a table and as JSON.
@main struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tandem-benchmarks",
    abstract: "Measure kernels, training steps, sampling and a PPO iteration on this machine.",
    discussion: """
      Rates are medians over repetitions. GFLOP are those that are carried out; percentages are of
      the measured peak of fused multiply-adds, of one core for kernels and of all threads used for
      steps.

      EXAMPLES
        tandem-benchmarks
        tandem-benchmarks --parts steps --sizes XS S --json steps.json
      """,
    subcommands: [MeasureCommand.self, ServeCommand.self, ScalingCommand.self],
    defaultSubcommand: MeasureCommand.self)
}

/// The parts of the measurement.
enum Part: String, ExpressibleByArgument, CaseIterable {
  case kernels, steps, sampling, ppo
}

/// `tandem-benchmarks measure`: the table.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Print the table of rates.")

  @Option(parsing: .upToNextOption, help: "What to measure.")
  var parts: [Part] = Part.allCases

  @Option(parsing: .upToNextOption, help: "Model sizes: XS, S, M, L.")
  var sizes: [ModelSize.Name] = ModelSize.Name.allCases

  @Option(help: "Threads for steps, sampling and PPO; each is measured with one thread as well.")
  var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Seconds for each measurement.")
  var seconds = 2.0

  @Option(help: "Write the measurements to this file as JSON.")
  var json: String?

  mutating func run() throws {
    var report = BenchmarkReport(machine: .current(), peak: measurePeak())
    report.printHeader()
    if parts.contains(.kernels) { report.add(measureKernels(seconds: seconds / 10)) }
    for size in sizes.map(ModelSize.init) {
      for part in parts where part != .kernels {
        for workload in Workload.all(part, size) {
          for count in Set([1, threads]).sorted() {
            report.add(workload.measure(threads: count, seconds: seconds))
          }
        }
      }
    }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(report).write(to: URL(filePath: json))
    }
  }
}

/// `tandem-benchmarks serve`: one measurement for each line of standard input, so that another
/// program can take turns with us and both meet the same machine.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer lines like `sft S 2` with the seconds of one step.")

  func run() throws {
    var running: [String: RunningWorkload] = [:]
    answer("ready")
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, let size = ModelSize.Name(rawValue: words[1]),
        let threads = Int(words[2]),
        let workload = Workload(named: words[0], ModelSize(size))
      else { throw ValidationError("cannot measure '\(line)'; a line is like 'sft S 2'") }
      let ready = running[line] ?? workload.start(threads: threads)
      running[line] = ready
      answer("\(ready.secondsOfOneStep())")
    }
  }

  /// Writes a line at once; `print` keeps what goes to a pipe in a buffer.
  private func answer(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }
}
