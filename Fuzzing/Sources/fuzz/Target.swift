import Autograd
import Datasets
import Foundation
import JSON
import LanguageModel
import Tokenization

/// A reader with valid inputs; what it throws is fine, what it crashes on is not.
struct Target {
  let name: String
  let seeds: [[UInt8]]
  /// Reads the input and uses what came of it; true where it was accepted.
  let read: ([UInt8]) throws -> Bool
}

/// Every reader of files that come from outside.
func allTargets(in folder: URL) throws -> [Target] {
  let samples = try Samples(folder: folder.appending(path: "model"))
  let place = folder.appending(path: "input")
  func stored(_ bytes: [UInt8], _ url: URL) throws -> URL {
    try Data(bytes).write(to: url)
    return url
  }
  let weights = try samples.file("model.safetensors")
  let configuration = try samples.file("config.json")
  let words = WordVocabulary(words: ["a", "b"])
  let pairs = BytePairEncoding.train(on: ["aab aab ab"], vocabularySize: 262)
  try Data(samples.pieceTable).write(to: place)
  let pieces = try readPieces(from: place)
  let digits = try GGUFFile(contentsOf: stored(samples.gguf[0], place)).tokenizer()
  let shards = folder.appending(path: "shards")
  try FileManager.default.createDirectory(at: shards, withIntermediateDirectories: true)
  _ = try stored(weights, shards.appending(path: "part.safetensors"))
  _ = try stored(configuration, shards.appending(path: "config.json"))
  let map = samples.model.parameters.names.map { #""\#($0)": "part.safetensors""# }
  let index = #"{"weight_map": {\#(map.joined(separator: ", "))}}"#
  let line = #"{"prompt": "a", "chosen": " b", "rejected": " c"}"# + "\n"
  let kinds: [(String, any Tokenizer)] = [
    ("words", words), ("pairs", pairs), ("pieces", pieces), ("digits", digits),
  ]
  let tokenizers = try kinds.map { name, tokenizer in
    let own = folder.appending(path: name)
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    try writeTokenizer(tokenizer, to: own, maximumLength: 16)
    let file = own.appending(path: "tokenizer.json")
    return Target(name: "tokenizer-\(name)", seeds: [Array(try Data(contentsOf: file))]) { bytes in
      _ = try stored(bytes, file)
      return try use(readTokenizer(from: own))
    }
  }
  return tokenizers + [
    Target(name: "json", seeds: [Array(index.utf8), configuration, Array(samples.json.utf8)]) {
      bytes in
      let value = try JSONReader.value(in: bytes)
      // What was read must come back from what is written of it.
      guard try JSONReader.value(in: JSONWriter.compact(value)) == value,
        try JSONReader.value(in: JSONWriter.indented(value)) == value
      else { preconditionFailure("\(value.compact) is read as something else") }
      return true
    },
    Target(name: "safetensors", seeds: [weights]) { bytes in
      _ = try SafetensorsFile(bytes: bytes).entries.count
      _ = try stored(bytes, samples.folder.appending(path: "model.safetensors"))
      return try Checkpoint(folder: samples.folder).transformer().configuration.layers > 0
    },
    Target(name: "config", seeds: [configuration]) { bytes in
      _ = try stored(weights, samples.folder.appending(path: "model.safetensors"))
      _ = try stored(bytes, samples.folder.appending(path: "config.json"))
      _ = try Checkpoint(folder: samples.folder).specialTokens()
      return try Checkpoint(folder: samples.folder).transformer().configuration.layers > 0
    },
    Target(name: "index", seeds: [Array(index.utf8)]) { bytes in
      _ = try stored(bytes, shards.appending(path: "model.safetensors.index.json"))
      return try Checkpoint(folder: shards).transformer().configuration.layers > 0
    },
    Target(name: "llama2c", seeds: [llama2CBytes(samples.model)]) { bytes in
      try Llama2CFile(contentsOf: stored(bytes, place)).transformer().configuration.layers > 0
    },
    Target(name: "gguf", seeds: samples.gguf) { bytes in
      let file = try GGUFFile(contentsOf: stored(bytes, place))
      if let tokenizer = try? file.tokenizer() { try use(tokenizer) }
      return try file.transformer().configuration.layers > 0
    },
    Target(name: "pieces", seeds: [samples.pieceTable]) { bytes in
      try use(readPieces(from: stored(bytes, place)))
    },
    Target(name: "preferences", seeds: [Array((line + line).utf8)]) { bytes in
      let file = try PreferenceFile(Data(bytes), name: "input")
      return try !file.tokenized(by: pairs, maximumLength: 64).isEmpty
    },
  ]
}

/// Encodes and decodes with a tokenizer that was accepted.
@discardableResult private func use(_ tokenizer: any Tokenizer) throws -> Bool {
  for text in ["", "aab 12 <s> ab\u{301}\n", "\u{1F600}<0x41>▁a"] {
    let tokens = (try? tokenizer.encodePrompt(text)) ?? [tokenizer.beginToken]
    _ = tokenizer.decode(tokens + [tokenizer.endToken, tokenizer.padToken, -1, 1 << 40])
  }
  return true
}
