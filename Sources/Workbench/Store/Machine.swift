import Foundation
import Subprocess
import SystemPackage
import TensorKernels

/// The machine and the versions that a run depends on.
package struct Machine: Sendable, Equatable {
  /// The compiler's version line, or `unknown` where it is not installed.
  package var swift = "unknown"
  /// The processor's name.
  package var processor = "unknown"
  /// The processors that the system has.
  package var processors = 0
  /// The widest vectors, in bits, that this build may use.
  package var vectorBits = 0
  /// Whether this build rounds a product and its sum at once.
  package var fusesMultiplyAdd = true
  /// The widest vectors, in bits, that the processor offers.
  package var processorVectorBits = 0
  /// The system's version.
  package var system = ""

  /// A machine that nothing is known of.
  package init() {}

  /// This machine.
  package static func gathered() async -> Machine {
    var machine = Machine()
    if let line = await output(of: "swift", ["--version"])?.split(separator: "\n").first {
      machine.swift = String(line)
    }
    let information = ProcessInfo.processInfo
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    machine.processor = field("model name", in: cpu) ?? "unknown"
    machine.processors = information.activeProcessorCount
    machine.vectorBits = Processor.vectorBits
    machine.fusesMultiplyAdd = Processor.fusesMultiplyAdd
    machine.processorVectorBits = widestVectors(field("flags", in: cpu) ?? "")
    machine.system = information.operatingSystemVersionString
    return machine
  }

  /// The value of the first line of /proc/cpuinfo with a name.
  static func field(_ name: String, in text: String) -> String? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }

  /// The widest vectors that a processor with these flags offers.
  static func widestVectors(_ flags: String) -> Int {
    let flags = Set(flags.split(separator: " "))
    return flags.contains("avx512f") ? 512 : flags.contains("avx") ? 256 : 128
  }
}

extension Machine {
  /// One line of what `tandem doctor` says.
  package struct Finding: Codable, Sendable, Equatable {
    /// What it is about.
    package var name: String
    /// What was found.
    package var value: String
    /// Whether another value changes the last bits of results.
    package var affectsBits: Bool
    /// Why it does or does not, or what to do about it.
    package var note: String

    /// The keys of the document.
    package enum CodingKeys: String, CodingKey, CaseIterable {
      case name, value
      case affectsBits = "affects_bits"
      case note
    }
  }

  /// What there is to say of the machine, what decides the bits first.
  ///
  /// `make bits` measures what is said of the multiply-add, the vector width and `--jobs`.
  package var findings: [Finding] {
    func finding(_ name: String, _ value: String, _ affectsBits: Bool, _ note: String) -> Finding {
      Finding(name: name, value: value, affectsBits: affectsBits, note: note)
    }
    return [
      finding(
        "multiply-add", fusesMultiplyAdd ? "fused" : "rounded twice", true,
        fusesMultiplyAdd
          ? "every product and its sum are rounded at once"
          : "built for any x86-64; with `make build` products take a quarter of the time"),
      finding("compiler", swift, true, "another version may contract or order sums differently"),
      finding("system", system, true, "its C library computes logarithms, sines and cosines"),
      finding(
        "vector width", "\(vectorBits) bits", false,
        vectorBits < processorVectorBits
          ? "the processor has \(processorVectorBits); build with `make build`"
          : "as wide as the processor has; decides the shape of tiles, not their sums"),
      finding("processor", processor, false, "decides the vector width"),
      finding("cores", "\(processors)", false, "any number of them and of --jobs gives equal bits"),
    ]
  }
}

/// The trimmed output of a command, or nil where it cannot run or fails.
func output(of command: String, _ arguments: [String]) async -> String? {
  let result = try? await run(
    .name(command), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
    error: .discarded)
  guard let result, result.terminationStatus.isSuccess else { return nil }
  return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
}
