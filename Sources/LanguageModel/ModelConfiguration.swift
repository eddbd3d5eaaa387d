/// The shape of a Llama-style decoder: everything that decides which tensors it has.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// Decoder layers, each one attention and one feed-forward block.
  public var layers: Int
  /// Width d of the residual stream.
  public var hiddenSize: Int
  /// Width of the feed-forward block between its two projections.
  public var intermediateSize: Int
  /// Query heads of the attention.
  public var heads: Int
  /// Key and value heads; each serves `heads / keyValueHeads` query heads.
  public var keyValueHeads: Int
  /// Width of one head; even, because rotary positions turn pairs of coordinates.
  public var headDimension: Int
  /// Number V of tokens.
  public var vocabularySize: Int
  /// Longest sequence, prompt and completion together.
  public var maximumLength: Int
  /// Base θ of the rotary frequencies θ^(−2i/headDimension).
  public var ropeTheta: Double
  /// The ε under the root of every RMS norm.
  public var normEpsilon: Double
  /// Whether the output head is the embedding matrix itself.
  public var tiedHead: Bool

  /// A configuration; heads are `hiddenSize / heads` wide unless said otherwise.
  public init(
    layers: Int, hiddenSize: Int, intermediateSize: Int, heads: Int, keyValueHeads: Int? = nil,
    headDimension: Int? = nil, vocabularySize: Int, maximumLength: Int, ropeTheta: Double = 1e4,
    normEpsilon: Double = 1e-5, tiedHead: Bool = true
  ) {
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headDimension = headDimension ?? hiddenSize / max(heads, 1)
    self.vocabularySize = vocabularySize
    self.maximumLength = maximumLength
    self.ropeTheta = ropeTheta
    self.normEpsilon = normEpsilon
    self.tiedHead = tiedHead
  }

  /// Width of all query heads together.
  public var queryWidth: Int { heads * headDimension }

  /// Width of all key heads together, which is that of the values as well.
  public var keyValueWidth: Int { keyValueHeads * headDimension }

  /// Throws the first constraint between the sizes that does not hold.
  public func validate() throws(ModelError) {
    for (name, size) in sizes where size < 1 {
      throw .impossibleConfiguration("\(name) is \(size), it must be at least 1")
    }
    guard heads % keyValueHeads == 0 else {
      throw .impossibleConfiguration(
        "\(heads) query heads cannot share \(keyValueHeads) key and value heads evenly")
    }
    guard headDimension % 2 == 0 else {
      throw .impossibleConfiguration(
        "a head is \(headDimension) wide; rotary positions need an even width")
    }
    guard ropeTheta > 0, ropeTheta.isFinite, normEpsilon >= 0, normEpsilon.isFinite else {
      throw .impossibleConfiguration(
        "rope theta \(ropeTheta) must be above zero and norm epsilon \(normEpsilon) not below")
    }
    guard sizes.allSatisfy({ $0.size <= 1 << 24 }), queryWidth <= 1 << 24 else {
      throw .impossibleConfiguration("a size is above \(1 << 24)")
    }
    let width = 2 * (queryWidth + keyValueWidth) + 3 * intermediateSize
    let scalars = Double(hiddenSize) * (Double(layers) * Double(width) + 2 * Double(vocabularySize))
    guard scalars <= 0x1p48 else {
      throw .impossibleConfiguration(
        "it has about \(scalars) parameters, at most 2⁴⁸ can be counted")
    }
  }

  private var sizes: [(name: String, size: Int)] {
    [
      ("layers", layers), ("hiddenSize", hiddenSize), ("intermediateSize", intermediateSize),
      ("heads", heads), ("keyValueHeads", keyValueHeads), ("headDimension", headDimension),
      ("vocabularySize", vocabularySize), ("maximumLength", maximumLength),
    ]
  }
}

extension ModelConfiguration {
  /// Trainable scalars of the language model; a tied head counts once.
  public var parameterCount: Int {
    embeddingCount + layers * (layerMatrixCount + 2 * hiddenSize) + hiddenSize
      + (tiedHead ? 0 : embeddingCount)
  }

  /// Weights that multiply every token on its way to the logits, N in 2·N FLOPs per token.
  ///
  /// The head counts, tied or not; looking an embedding up multiplies nothing.
  public var multipliedParameterCount: Int { layers * layerMatrixCount + embeddingCount }

  /// FLOPs of a forward pass without its attention scores: 2·N per token.
  ///
  /// Kaplan (2020), table 1, with N as in `multipliedParameterCount`.
  public func forwardFLOPs(tokens: Int) -> Double {
    2 * Double(multipliedParameterCount) * Double(tokens)
  }

  /// FLOPs of a forward pass over whole sequences, attention included.
  ///
  ///     Σ over sequences of 2·N·n + 4·layers·queryWidth·n(n+1)/2
  ///
  /// A position's scores and its weighted sum each take one multiplication and one addition for
  /// every coordinate of every position up to its own (Kaplan (2020), table 1).
  public func forwardFLOPs(sequenceLengths: [Int]) -> Double {
    let pairs = sequenceLengths.reduce(0.0) { $0 + Double($1) * Double($1 + 1) / 2 }
    let attention = 4 * Double(layers * queryWidth) * pairs
    return forwardFLOPs(tokens: sequenceLengths.reduce(0, +)) + attention
  }

  private var embeddingCount: Int { vocabularySize * hiddenSize }

  private var layerMatrixCount: Int {
    2 * hiddenSize * (queryWidth + keyValueWidth) + 3 * hiddenSize * intermediateSize
  }
}

/// Model sizes to start from; exact counts depend on the vocabulary.
public enum ModelPreset: String, Codable, Sendable, CaseIterable {
  /// 2 layers of width 64, about 0.12 million parameters.
  case tiny
  /// 4 layers of width 128, about 0.9 million parameters.
  case small
  /// 6 layers of width 256, about 5 million parameters.
  case medium

  /// The preset's configuration for a vocabulary and a longest sequence.
  public func configuration(vocabularySize: Int, maximumLength: Int) -> ModelConfiguration {
    let (layers, hiddenSize, heads) =
      switch self {
      case .tiny: (2, 64, 4)
      case .small: (4, 128, 4)
      case .medium: (6, 256, 8)
      }
    return ModelConfiguration(
      layers: layers, hiddenSize: hiddenSize, intermediateSize: 3 * hiddenSize, heads: heads,
      vocabularySize: vocabularySize, maximumLength: maximumLength)
  }
}

/// Why a configuration or a set of parameters does not make a model.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// Sizes that contradict each other.
  case impossibleConfiguration(String)
  /// A tensor the configuration calls for is not there.
  case missingTensor(String)
  /// A tensor the configuration knows nothing of.
  case unexpectedTensor(String)
  /// A tensor of another shape than the configuration calls for.
  case shapeMismatch(tensor: String, expected: [Int], found: [Int])

  /// What is wrong, as a sentence.
  public var description: String {
    switch self {
    case .impossibleConfiguration(let reason): "impossible model: \(reason)"
    case .missingTensor(let name): "tensor '\(name)' is missing"
    case .unexpectedTensor(let name): "tensor '\(name)' is not part of this model"
    case .shapeMismatch(let name, let expected, let found):
      "tensor '\(name)' has shape \(found), this model expects \(expected)"
    }
  }
}
