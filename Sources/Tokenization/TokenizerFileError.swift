/// Why a `tokenizer.json`, or the tokenizer inside a GGUF file, is not one that we read.
public enum TokenizerFileError: Error, Equatable, CustomStringConvertible {
  /// Another model than words or byte pairs.
  case model(String)
  /// A setting of the model that changes which tokens a text has.
  case setting(String)
  /// A normalizer that changes texts in a way we do not follow.
  case normalizer(String)
  /// A way to cut up texts that we do not follow.
  case preTokenizer(String)
  /// Ids that do not run from zero without a gap.
  case numbering(count: Int, token: String, id: Int)
  /// A token that the merges or the bytes call for.
  case missingToken(String)
  /// An added token that is matched in a way we do not follow.
  case addedToken(String, option: String)
  /// A special token that is not named, or not in the vocabulary.
  case missingSpecial(String)
  /// A pad, begin or end token with two meanings in a tokenizer that has one token for each.
  case sharedSpecial
  /// A special token of a vocabulary that has no such id.
  case idOutOfRange(String, id: Int, count: Int)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .model(let type): "model type '\(type)'; WordLevel and BPE are read"
    case .setting(let name): "its model sets '\(name)', which is not supported"
    case .normalizer(let type):
      "a normalizer of type '\(type)' changes texts; only files without, or with NFC, are read"
    case .preTokenizer(let reason): reason
    case .numbering(let count, let token, let id):
      "ids must be 0…\(count - 1), each once; '\(token)' has \(id)"
    case .missingToken(let spelling): "'\(spelling)' is needed and not in the vocabulary"
    case .addedToken(let token, let option):
      "the added token '\(token)' sets '\(option)', which is not supported"
    case .missingSpecial(let key):
      "\(TokenizerFile.configuration) must give a '\(key)' of the vocabulary"
    case .sharedSpecial: "pad, begin and end token must be three different tokens"
    case .idOutOfRange(let key, let id, let count):
      "'\(key)' is \(id), and the vocabulary has \(count) tokens"
    }
  }
}
