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
