import Datasets
import Foundation
import Tokenization

/// A line of a run's `train.jsonl` or `test.jsonl`: text for people and other tools, ids for exactness.
///
/// Sampled token ids need not be the ids that the tokenizer would choose for the same text.
struct PairLine: Codable {
  var prompt, chosen, rejected: String
  var chosenComplete, rejectedComplete: Bool
  var promptTokens, chosenTokens, rejectedTokens: [Int]
  var margin: Double?

  enum CodingKeys: String, CodingKey {
    case prompt, chosen, rejected
    case chosenComplete = "chosen_complete"
    case rejectedComplete = "rejected_complete"
    case promptTokens = "prompt_tokens"
    case chosenTokens = "chosen_tokens"
    case rejectedTokens = "rejected_tokens"
    case margin
  }

  init(_ pair: PreferencePair, tokenizer: some Tokenizer) {
    let text = TextPair(pair, tokenizer: tokenizer)
    (prompt, chosen, rejected) = (text.prompt, text.chosen, text.rejected)
    (chosenComplete, rejectedComplete) = (text.chosenComplete, text.rejectedComplete)
    (promptTokens, chosenTokens, rejectedTokens) = (pair.prompt, pair.chosen, pair.rejected)
    margin = pair.margin
  }

  var pair: PreferencePair {
    PreferencePair(
      prompt: promptTokens, chosen: chosenTokens, rejected: rejectedTokens, margin: margin)
  }
}

/// A line of `prompts.jsonl`.
struct PromptLine: Codable {
  var prompt: String
  var tokens: [Int]
}

/// Writes pairs as JSON Lines that `datasets` and TRL read, with their token ids.
func writePairs(_ pairs: [PreferencePair], tokenizer: some Tokenizer, to file: URL) throws {
  try writeLines(pairs.map { PairLine($0, tokenizer: tokenizer) }, to: file)
}

/// Reads the token ids of ``writePairs(_:tokenizer:to:)``; text that was edited by hand is an error.
func readPairs(from file: URL, tokenizer: some Tokenizer) throws -> [PreferencePair] {
  try readLines(PairLine.self, from: file).enumerated().map { index, line in
    let written = PairLine(line.pair, tokenizer: tokenizer)
    let texts = [line.prompt, line.chosen, line.rejected]
    guard texts == [written.prompt, written.chosen, written.rejected] else {
      throw RunStoreError.damaged(
        path: "\(file.path):\(index + 1)", reason: "its text is not that of its token ids")
    }
    return line.pair
  }
}

/// Writes prompts as JSON Lines.
func writePrompts(_ prompts: [[Int]], tokenizer: some Tokenizer, to file: URL) throws {
  try writeLines(prompts.map { PromptLine(prompt: tokenizer.decode($0), tokens: $0) }, to: file)
}

/// Reads prompts as token ids.
func readPrompts(from file: URL) throws -> [[Int]] {
  try readLines(PromptLine.self, from: file).map(\.tokens)
}

/// One JSON object a line.
func writeLines(_ lines: [some Encodable], to file: URL) throws {
  var data = Data()
  for line in lines { data += try encodeRecord(line) }
  try data.write(to: file)
}

private func readLines<T: Decodable>(_ type: T.Type, from file: URL) throws -> [T] {
  guard let data = try? Data(contentsOf: file) else {
    throw MissingInput(path: file.path, remedy: "run `tandem run` on this folder first")
  }
  return try data.split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
    do {
      return try decodeRecord(type, from: line)
    } catch {
      throw RunStoreError.damaged(path: "\(file.path):\(index + 1)", reason: "not a line of a run")
    }
  }
}

/// The files of a data cell.
struct DataFiles {
  let folder: URL
  var train: URL { folder.appending(path: "train.jsonl") }
  var test: URL { folder.appending(path: "test.jsonl") }
  var prompts: URL { folder.appending(path: "prompts.jsonl") }
  /// Only where a user's pairs have a referee.
  var referee: URL { folder.appending(path: "referee.jsonl") }
}

/// The name of a model's folder within a cell.
let checkpointName = "checkpoint"
