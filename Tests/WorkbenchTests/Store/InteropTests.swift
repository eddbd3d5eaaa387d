import Autograd
import Datasets
import Foundation
import LanguageModel
import RewardModeling
import Tasks
import TensorKernels
import Testing
import Tokenization
import Workbench

/// The folder that `Tests/Interop/run.sh` prepared; without it nothing here runs.
private let folder = ProcessInfo.processInfo.environment["TANDEM_INTEROP"].map {
  URL(filePath: $0, directoryHint: .isDirectory)
}

private let isAsked: Comment = "only `make interop` runs this: it needs transformers"

/// Our half of the proof that models and tokenizers mean the same here and in transformers.
///
/// What transformers wrote is read and compared here; what is written here, `interop.py check`
/// reads and compares.
@Suite(.enabled(if: folder != nil, isAsked)) struct InteropTests {
  private struct Answer: Codable {
    var ids: [Int]
    var logits: [Float]
  }

  private struct Scores: Codable {
    var ids: [[Int]]
    var scores: [Float]
  }

  private struct Encoded: Codable {
    var ids: [[Int]]
    var special: [Int]
    var texts: [String]?
  }

  private func place(_ path: String) throws -> URL {
    try #require(folder).appending(path: path)
  }

  private func decoded<Value: Decodable>(_ url: URL) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
  }

  private func write(_ value: some Encodable, to url: URL) throws {
    try JSONEncoder().encode(value).write(to: url)
  }

  private func logits(_ model: Transformer<Float>, _ ids: [Int]) -> [Float] {
    let tape = Tape<Float>(recordsGradients: false)
    let batch = SequenceBatch([TokenSequence(prompt: ids, completion: [])])
    let recorded = tape.record(model.parameters)
    return model.hiddenStates(batch, recorded, on: tape)
      .linear(recorded[model.configuration.headName]).values
  }

  private func randomModel(
    _ sizes: ModelConfiguration, seed: UInt64 = 5
  ) -> Transformer<Float> {
    var generator = Seed(seed).generator(for: "interop")
    var model = Transformer<Float>(configuration: sizes, using: &generator)
    for p in model.parameters.values.indices {
      for i in model.parameters.values[p].indices {
        model.parameters.values[p][i] += Float.random(in: -0.2...0.2, using: &generator)
      }
    }
    return model
  }

  private static let configurations = [
    (
      "tied",
      ModelConfiguration(
        layers: 2, hiddenSize: 32, intermediateSize: 48, heads: 4, vocabularySize: 300,
        maximumLength: 64)
    ),
    (
      "untied-grouped",
      ModelConfiguration(
        layers: 3, hiddenSize: 48, intermediateSize: 80, heads: 6, keyValueHeads: 2,
        vocabularySize: 300, maximumLength: 64, ropeTheta: 50_000, tiedHead: false)
    ),
    (
      "odd",
      ModelConfiguration(
        layers: 1, hiddenSize: 30, intermediateSize: 37, heads: 5, keyValueHeads: 1,
        vocabularySize: 300, maximumLength: 64, normEpsilon: 1e-6)
    ),
    (
      "wide-heads",
      ModelConfiguration(
        layers: 2, hiddenSize: 24, intermediateSize: 50, heads: 3, headDimension: 14,
        vocabularySize: 300, maximumLength: 64, tiedHead: false)
    ),
  ]

  @Test func modelsOfTransformersHaveTheSameLogitsHere() throws {
    let models = try FileManager.default.contentsOfDirectory(atPath: place("theirs").path)
    #expect(models.count == 6)
    for name in models.sorted() {
      let folder = try place("theirs/\(name)")
      let expected: Answer = try decoded(folder.appending(path: "expected.json"))
      let found = logits(try Checkpoint(folder: folder).transformer(), expected.ids)
      let worst = zip(found, expected.logits).map { abs($0 - $1) }.max() ?? .infinity
      #expect(found.count == expected.logits.count && worst < 1e-5, "\(name): \(worst)")
    }
  }

  @Test func tokenizersOfTransformersGiveTheSameIDsHere() throws {
    let texts: [String] = try decoded(place("strings.json"))
    let all = texts + Array(repeating: "<|im_start|>user\nHi 12<|im_end|>\n", count: 3)
    let names = try FileManager.default.contentsOfDirectory(atPath: place("theirs-tokenizers").path)
    #expect(names.count == 4)
    for name in names.sorted() {
      let folder = try place("theirs-tokenizers/\(name)")
      let expected: [[Int]] = try decoded(folder.appending(path: "expected.json"))
      let tokenizer = try readTokenizer(from: folder)
      #expect(expected.count == all.count)
      var wrong: [String] = []
      for (text, ids) in zip(all, expected) where try tokenizer.encode(text) != ids {
        wrong.append(text)
      }
      #expect(
        wrong.isEmpty, "\(name): \(wrong.count) texts, \(wrong.prefix(5).map(\.debugDescription))")
      try write(tokenizer, name: "again-\(name)", texts)
    }
  }

  @Test func ourModelsGoOut() throws {
    let pairs = BytePairEncoding.train(
      on: ["the film was good, the film was bad"], vocabularySize: 262)
    for (name, sizes) in Self.configurations {
      let model = randomModel(sizes)
      let target = ModelFolder(try place("ours/\(name)"))
      try target.write(model, tokenizer: pairs)
      let ids = (0..<19).map { ($0 * 37 + 11) % sizes.vocabularySize }
      try write(
        Answer(ids: ids, logits: logits(model, ids)), to: target.url.appending(path: "ours.json"))
    }
    var scalar = ScalarModel(backbone: randomModel(Self.configurations[1].1))
    scalar.parameters["score.weight"] = (0..<48).map { Float($0 % 7) / 7 - 0.4 }
    for (name, tokenizer) in [
      ("reward", pairs as any Tokenizer), ("reward-closed", ClosedVocabulary(words: ["a", "b"])),
    ] {
      let target = ModelFolder(try place("ours/\(name)"))
      try target.write(RewardModel(model: scalar), tokenizer: tokenizer)
      let rows = (0..<5).map { row in
        [tokenizer.beginToken] + (0...row).map { 3 + 7 * $0 + row } + [tokenizer.endToken]
      }
      let scores = scalar.lastTokenScores(
        of: rows.map {
          TokenSequence(prompt: Array($0.prefix(1)), completion: Array($0.dropFirst()))
        })
      try write(Scores(ids: rows, scores: scores), to: target.url.appending(path: "ours.json"))
    }
  }

  @Test func ourTokenizersGoOut() throws {
    let texts: [String] = try decoded(place("strings.json"))
    let encoding = BytePairEncoding.train(on: Array(texts.prefix(5000)), vocabularySize: 900)
    try write(encoding, name: "byte-pairs", texts)
    try write(BytePairEncoding(), name: "bytes", texts)
    let words = ["the", "film", "was", "good", "."]
    let sentences = (0..<500).map { (number: Int) -> String in
      let indices = (0..<number % 9).map { place in (number * 7 + place * 3) % 5 }
      return indices.map { words[$0] }.joined(separator: " ")
    }
    try write(WordVocabulary(words: words), name: "words", sentences, keepsTexts: true)
    try write(ClosedVocabulary(words: words), name: "closed", sentences, keepsTexts: true)
    if let stories = ProcessInfo.processInfo.environment["TANDEM_STORIES"] {
      let pieces = try readPieces(from: URL(filePath: stories).appending(path: "tok512.bin"))
      try write(pieces, name: "pieces", texts)
    }
  }

  /// Writes a tokenizer beside a small model, and the ids that prompts have here.
  private func write(
    _ tokenizer: any Tokenizer, name: String, _ texts: [String], keepsTexts: Bool = false
  ) throws {
    let target = ModelFolder(try place("ours-tokenizers/\(name)"))
    let sizes = ModelConfiguration(
      layers: 1, hiddenSize: 4, intermediateSize: 4, heads: 1,
      vocabularySize: tokenizer.vocabularySize, maximumLength: 512)
    try target.write(randomModel(sizes), tokenizer: tokenizer)
    // Other tools put the begin token before every text, the empty one too, or before none.
    let isOpened = !(tokenizer is ByteLevelVocabulary)
    let ids = try texts.map { text in
      try isOpened ? tokenizer.encodePrompt(text) : tokenizer.encode(text)
    }
    try write(
      Encoded(
        ids: ids, special: [tokenizer.padToken, tokenizer.beginToken, tokenizer.endToken],
        texts: keepsTexts ? texts : nil),
      to: target.url.appending(path: "ours.json"))
  }
}
