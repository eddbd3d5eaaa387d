/// The parts of `tokenizer.json` that decide which tokens a text has.
struct TokenizerDocument: Decodable {
  /// A normalizer, pre-tokenizer or post-processor.
  struct Part: Decodable {
    struct Pattern: Decodable {
      var expression: String?
      var string: String?

      enum CodingKeys: String, CodingKey {
        case expression = "Regex"
        case string = "String"
      }
    }
    struct Piece: Decodable {
      struct Special: Decodable { var id: String }
      var special: Special?

      enum CodingKeys: String, CodingKey { case special = "SpecialToken" }
    }

    var type: String
    var addPrefixSpace: Bool?
    var usesExpression: Bool?
    var individualDigits: Bool?
    var pattern: Pattern?
    var behavior: String?
    var content: String?
    var prepended: String?
    var replacement: String?
    var prependScheme: String?
    var splits: Bool?
    var normalizers: [Part]?
    var preTokenizers: [Part]?
    var processors: [Part]?
    var single: [Piece]?

    enum CodingKeys: String, CodingKey {
      case type, pattern, behavior, content, replacement, normalizers, processors, single
      case addPrefixSpace = "add_prefix_space"
      case usesExpression = "use_regex"
      case individualDigits = "individual_digits"
      case prepended = "prepend"
      case prependScheme = "prepend_scheme"
      case splits = "split"
      case preTokenizers = "pretokenizers"
    }
  }

  struct Model: Decodable {
    var type: String
    var vocabulary: [String: Int]
    var merges: [MergeSpelling]?
    var byteFallback: Bool?
    var ignoresMerges: Bool?
    var dropout: Double?
    var wordPrefix: String?
    var wordSuffix: String?

    enum CodingKeys: String, CodingKey {
      case type, merges, dropout
      case vocabulary = "vocab"
      case byteFallback = "byte_fallback"
      case ignoresMerges = "ignore_merges"
      case wordPrefix = "continuing_subword_prefix"
      case wordSuffix = "end_of_word_suffix"
    }

    /// The first setting that changes tokens in a way we do not follow.
    var unsupportedSetting: String? {
      if ignoresMerges == true { return CodingKeys.ignoresMerges.rawValue }
      if dropout ?? 0 > 0 { return CodingKeys.dropout.rawValue }
      if wordPrefix?.isEmpty == false { return CodingKeys.wordPrefix.rawValue }
      return wordSuffix?.isEmpty == false ? CodingKeys.wordSuffix.rawValue : nil
    }
  }

  struct Added: Decodable {
    var id: Int
    var content: String
    var special: Bool?
    var stripsLeft: Bool?
    var stripsRight: Bool?
    var singleWord: Bool?

    enum CodingKeys: String, CodingKey {
      case id, content, special
      case stripsLeft = "lstrip"
      case stripsRight = "rstrip"
      case singleWord = "single_word"
    }
  }

  var addedTokens: [Added]
  var normalizer: Part?
  var preTokenizer: Part?
  var postProcessor: Part?
  var model: Model

  enum CodingKeys: String, CodingKey {
    case normalizer, model
    case addedTokens = "added_tokens"
    case preTokenizer = "pre_tokenizer"
    case postProcessor = "post_processor"
  }

  /// Every token by id: those of the model and those added to it.
  func tokens() throws(TokenizerFileError) -> [String] {
    var ids = model.vocabulary
    for token in addedTokens { ids[token.content] = token.id }
    let sorted = ids.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (expected, entry) in sorted.enumerated() where entry.value != expected {
      throw .numbering(count: sorted.count, token: entry.key, id: entry.value)
    }
    return sorted.map(\.key)
  }

  /// The added tokens, each matched as it is and wherever it stands.
  func plainAddedTokens() throws(TokenizerFileError) -> [AddedToken] {
    var plain: [AddedToken] = []
    for token in addedTokens {
      for (value, key) in [
        (token.stripsLeft, Added.CodingKeys.stripsLeft),
        (token.stripsRight, .stripsRight), (token.singleWord, .singleWord),
      ] where value == true {
        throw .addedToken(token.content, option: key.rawValue)
      }
      plain.append(
        AddedToken(id: token.id, content: token.content, isSpecial: token.special ?? false))
    }
    return plain
  }

  /// Whether the post-processor puts a special token before a text.
  var opensPrompts: Bool {
    let parts = postProcessor.map { $0.processors ?? [$0] } ?? []
    return parts.contains { $0.single?.first?.special != nil }
  }
}

/// A merge as `["t", "h"]` or, in older files, as `"t h"`.
struct MergeSpelling: Decodable {
  var left, right: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts =
      if let line = try? container.decode(String.self) {
        line.split(separator: " ").map(String.init)
      } else {
        try container.decode([String].self)
      }
    guard parts.count == 2 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a merge joins two tokens, not \(parts.count)")
    }
    (left, right) = (parts[0], parts[1])
  }
}

/// What `tokenizer_config.json` says: special tokens, as text or as an object with `content`.
struct TokenizerConfiguration: Decodable {
  struct Name: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      struct Described: Decodable { var content: String }
      let container = try decoder.singleValueContainer()
      if let plain = try? container.decode(String.self) {
        text = plain
      } else {
        text = try container.decode(Described.self).content
      }
    }
  }

  var pad, begin, end, unknown: Name?
  var chatTemplate: String?

  enum CodingKeys: String, CodingKey {
    case pad = "pad_token"
    case begin = "bos_token"
    case end = "eos_token"
    case unknown = "unk_token"
    case chatTemplate = "chat_template"
  }

  /// The special tokens of a vocabulary that has one token for each of them, or one for all.
  func ids(in tokens: [String]) throws(TokenizerFileError) -> (pad: Int, begin: Int, end: Int) {
    func id(_ name: Name?, _ key: CodingKeys) throws(TokenizerFileError) -> Int {
      guard let text = name?.text, let id = tokens.firstIndex(of: text) else {
        throw .missingSpecial(key.rawValue)
      }
      return id
    }
    let ids = (pad: try id(pad, .pad), begin: try id(begin, .begin), end: try id(end, .end))
    guard [1, 3].contains(Set([ids.pad, ids.begin, ids.end]).count) else { throw .sharedSpecial }
    return ids
  }

  /// The special tokens of any tokenizer: without a begin token the end token opens texts too, and
  /// where the pad token is missing or ends texts as well, the unknown token fills up rows.
  func looseIDs(in tokens: [String]) throws(TokenizerFileError) -> (pad: Int, begin: Int, end: Int)
  {
    func id(_ name: Name?) -> Int? { name.flatMap { tokens.firstIndex(of: $0.text) } }
    guard let end = id(end) else { throw .missingSpecial(CodingKeys.end.rawValue) }
    let pad = [id(pad), id(unknown)].compactMap(\.self).first { $0 != end }
    return (pad: pad ?? end, begin: id(begin) ?? end, end: end)
  }
}
