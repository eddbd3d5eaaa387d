import Foundation
import TestSupport
import Workbench

/// A finished run folder whose files are written by hand: no model is trained.
struct RunByHand {
  let url: URL
  let specification: ExperimentSpecification
  private let store: CellStore

  /// Arms of DPO at some seeds; `pairs`, `prompts` and `reference` are the texts of those files.
  init(
    _ url: URL, arms: [String], seeds: [Int] = [1], shared: Bool = false, pairs: String = "a\nb\n",
    prompts: String = "p\n", reference: String = "r"
  ) throws {
    self.url = url
    store = CellStore(folder: url)
    let list = arms.map { "{name: '\($0)', dpo: {}}" }.joined(separator: ", ")
    specification = try read("seeds: \(seeds)\nshare_sft: \(shared)\narms: [\(list)]")
    try store.make()
    try store.writeConfiguration(specification)
    for seed in seeds {
      try write(pairs, to: "data/seed-\(seed)/train.jsonl")
      try write(prompts, to: "data/seed-\(seed)/prompts.jsonl")
      if specification.referenceSeed(of: seed) == seed {
        try write(reference, to: "seed-\(seed)/sft/checkpoint/model.safetensors")
        try write(CellRecord(question: "q", arm: "sft", method: "sft", seed: seed), "sft")
      }
      for arm in specification.arms {
        var record = CellRecord(question: "q", arm: arm.name, method: "dpo", seed: seed)
        record.dataHashes = [
          "pairs": digest(pairs), "prompts": digest(prompts), "reference": digest(reference),
        ]
        // Told apart by what the run is called.
        record.samples = [
          SampleRecord(
            prompt: url.path, completion: "", gold: 0, referenceCompletion: "", referenceGold: 0)
        ]
        try write(record, arm.slug)
      }
    }
  }

  /// Writes a file below the run folder.
  func write(_ text: String, to path: String) throws {
    let file = url.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func write(_ record: CellRecord, _ cell: String) throws {
    let text = String(decoding: try encodeRecord(record), as: UTF8.self)
    try write(text, to: "seed-\(record.seed)/\(cell)/cell.json")
  }
}

/// SHA-256 by the system's own program.
func digest(_ text: String) -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["sha256sum"]
  let (input, output) = (Pipe(), Pipe())
  (process.standardInput, process.standardOutput) = (input, output)
  guard (try? process.run()) != nil else { return "no sha256sum" }
  input.fileHandleForWriting.write(Data(text.utf8))
  try? input.fileHandleForWriting.close()
  let line = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  return line.split(separator: " ").first.map(String.init) ?? "nothing"
}
