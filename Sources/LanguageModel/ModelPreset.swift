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
