import Foundation
import TensorKernels

/// Smallest, median and largest of repeated times.
struct Spread: Codable {
  let (minimum, median, maximum): (Double, Double, Double)
  let count: Int

  init(_ times: [Double]) {
    let sorted = times.sorted()
    count = sorted.count
    minimum = sorted.first ?? .nan
    maximum = sorted.last ?? .nan
    median = sorted.isEmpty ? .nan : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }

  private enum CodingKeys: String, CodingKey { case minimum, median, maximum, count }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    minimum = try values.decode(Double.self, forKey: .minimum)
    median = try values.decode(Double.self, forKey: .median)
    maximum = try values.decode(Double.self, forKey: .maximum)
    count = try values.decode(Int.self, forKey: .count)
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(minimum, forKey: .minimum)
    try values.encode(median, forKey: .median)
    try values.encode(maximum, forKey: .maximum)
    try values.encode(count, forKey: .count)
  }
}

/// What one workload took.
struct Measurement: Codable {
  let name: String
  let size: ModelSize.Name?
  let threads: Int
  /// Seconds of one step, or of one call of a kernel.
  let seconds: Spread
  let tokens: Int
  let flops: Double
}

/// What it was measured on.
struct Machine: Codable {
  let processor: String
  let cores: Int
  /// The widest vectors, in bits, that the build may use.
  let vectorBits: Int

  static func current() -> Machine {
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }
    return Machine(
      processor: line.map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
        ?? "unknown",
      cores: ProcessInfo.processInfo.activeProcessorCount, vectorBits: Processor.vectorBits)
  }
}

/// All measurements; printed as they come.
struct BenchmarkReport: Codable {
  var schema = "tandem.benchmark/1"
  let machine: Machine
  /// Floating-point operations a second of one core in fused multiply-adds.
  let peak: Double
  var measurements: [Measurement] = []

  init(machine: Machine, peak: Double) { (self.machine, self.peak) = (machine, peak) }

  func printHeader() {
    print("\(machine.processor), \(machine.cores) cores, vectors of \(machine.vectorBits) bits")
    print("peak of one core: \(format(peak / 1e9, 1)) GFLOP/s in fused multiply-adds\n")
    print(row("work", "size", "threads", "median", "spread", "tokens/s", "GFLOP/s", "of peak"))
  }

  mutating func add(_ measured: [Measurement]) { for one in measured { add(one) } }

  mutating func add(_ one: Measurement) {
    measurements.append(one)
    let (median, rate) = (one.seconds.median, one.flops / one.seconds.median)
    let spread = (one.seconds.maximum - one.seconds.minimum) / median
    print(
      row(
        one.name, one.size?.rawValue ?? "", "\(one.threads)", duration(median),
        "±\(format(50 * spread, 0)) %",
        one.tokens > 0 ? format(Double(one.tokens) / median, 0) : "",
        one.flops > 0 ? format(rate / 1e9, 1) : "",
        one.flops > 0 ? "\(format(100 * rate / peak / Double(one.threads), 0)) %" : ""))
  }
}

private func row(_ cells: String...) -> String {
  let widths = [28, 5, 8, 11, 9, 11, 9, 8]
  return zip(cells, widths).enumerated().map { i, pair in
    let padding = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
    return i < 2 ? pair.0 + padding : padding + pair.0
  }.joined(separator: " ")
}

func format(_ value: Double, _ digits: Int) -> String {
  value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
}

private func duration(_ seconds: Double) -> String {
  if seconds < 1e-6 { return "\(format(seconds * 1e9, 2)) ns" }
  if seconds < 1e-3 { return "\(format(seconds * 1e6, 1)) µs" }
  return seconds < 1 ? "\(format(seconds * 1e3, 2)) ms" : "\(format(seconds, 2)) s"
}
