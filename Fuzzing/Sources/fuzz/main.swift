import Datasets
import Foundation

/// Feeds damaged files to every reader: `fuzz [--seconds 60] [--first 0] [--only READER] [--each]`.
///
/// An input is a function of the reader's name and its number, so that a crash is repeated with
/// `--only READER --first NUMBER --each`, which prints every number before it is tried.
func option(_ name: String) -> String? {
  let words = CommandLine.arguments
  guard let place = words.firstIndex(of: name), place + 1 < words.count else { return nil }
  return words[place + 1]
}

/// Processor time, which a busy machine does not lengthen.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

let seconds = option("--seconds").flatMap(Double.init) ?? 60
let first = option("--first").flatMap(Int.init) ?? 0
let printsEach = CommandLine.arguments.contains("--each")
let folder = FileManager.default.temporaryDirectory
  .appending(path: "fuzz-\(ProcessInfo.processInfo.processIdentifier)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

for target in try allTargets(in: folder) where option("--only").map({ $0 == target.name }) ?? true {
  let clock = ContinuousClock()
  let start = clock.now
  var (number, accepted, slowest) = (first, 0, (seconds: 0.0, number: 0))
  for seed in target.seeds {
    guard (try? target.read(seed)) == true else {
      print("\(target.name): an input that is in order was refused")
      exit(1)
    }
  }
  while start.duration(to: clock.now) < .seconds(seconds) {
    if printsEach { print(number) } else if number % 1000 == 0 { print(".", terminator: "") }
    fflush(nil)
    var mutation = Mutation(Seed(1).generator(for: "fuzz.\(target.name)", index: number))
    let seed = target.seeds[number % target.seeds.count]
    let input = mutation.damaged(seed, others: target.seeds)
    let began = processorSeconds()
    if (try? target.read(input)) == true { accepted += 1 }
    let took = processorSeconds() - began
    if took > slowest.seconds { slowest = (took, number) }
    number += 1
  }
  let took = Int(1000 * slowest.seconds)
  print(
    "\n\(target.name): inputs \(first)–\(number - 1), \(accepted) accepted, the others refused; "
      + "slowest \(took) ms (number \(slowest.number))")
}
