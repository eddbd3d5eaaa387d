import ArgumentParser
import Datasets
import LanguageModel
import TensorKernels
import Tokenization

/// The decoders that are measured, and the sequences that go through them.
struct ModelSize {
  enum Name: String, ExpressibleByArgument, CaseIterable, Codable { case XS, S, M, L }

  let name: Name
  let configuration: ModelConfiguration
  /// Tokens of a sequence, prompt and completion together.
  let length: Int
  /// Sequences of a batch; of pairs there are half as many.
  let batch: Int

  init(_ name: Name) {
    self.name = name
    let (layers, hidden, heads, vocabulary, length, batch) =
      switch name {
      case .XS: (2, 64, 4, 64, 32, 64)
      case .S: (4, 128, 4, 256, 64, 32)
      case .M: (6, 256, 8, 1024, 128, 16)
      case .L: (8, 512, 8, 4096, 128, 8)
      }
    (self.length, self.batch) = (length, batch)
    configuration = ModelConfiguration(
      layers: layers, hiddenSize: hidden, intermediateSize: 3 * hidden, heads: heads,
      vocabularySize: vocabulary, maximumLength: 2 * length)
  }

  /// A fresh model, the same every time.
  func model() -> Transformer<Float> {
    var generator = Seed(1).generator(for: "benchmark.model")
    return Transformer(configuration: configuration, using: &generator)
  }

  /// Floating-point operations of a forward pass over a batch as it is carried out.
  ///
  /// What sequences begin with together goes through once, and after the last attention only those
  /// rows go on whose next token is predicted, or whose value is read: the others save the last
  /// output projection, feed-forward layer and head. A scalar head counts nothing.
  func executedFLOPs(_ batch: SequenceBatch, rowsGoingOn rows: Int, head: Bool = true) -> Double {
    let c = configuration
    let afterAttention = c.hiddenSize * (c.queryWidth + 3 * c.intermediateSize)
    let logits = c.vocabularySize * c.hiddenSize
    let tokens = batch.tokens.count
    let saved = (tokens - rows) * (afterAttention + logits) + (head ? 0 : rows * logits)
    let seen = (0..<batch.count).reduce(0) { seen, i in
      let (own, before) = (batch.segments[i].count, batch.prefixes[i].count)
      return seen + own * before + own * (own + 1) / 2
    }
    return c.forwardFLOPs(tokens: tokens) + Double(4 * c.layers * c.queryWidth * seen)
      - Double(2 * saved)
  }

  /// Sequences of full length with a prompt of one token.
  func sequences(_ count: Int) -> [TokenSequence] {
    (0..<count).map { i in
      TokenSequence(prompt: [1], completion: tokens(length - 1, phase: i))
    }
  }

  /// Pairs of full length, a quarter of it a shared prompt.
  func pairs(_ count: Int) -> [PreferencePair] {
    (0..<count).map { i in
      PreferencePair(
        prompt: tokens(length / 4, phase: i), chosen: tokens(length - length / 4, phase: i + 7),
        rejected: tokens(length - length / 4, phase: i + 31))
    }
  }

  /// Tokens without a pattern that a phase shares with another one.
  func tokens(_ count: Int, phase: Int) -> [Int] {
    let words = configuration.vocabularySize - 3
    return (0..<count).map { 3 + ($0 * (13 + phase / words) + phase * 7) % words }
  }
}
