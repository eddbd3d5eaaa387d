import JSON

/// The parts of `tokenizer.json` that decide which tokens a text has.
struct TokenizerDocument {
  /// The table of tokens and the rules that join them.
  struct Model {
    var type: String
    var vocabulary: [String: Int]
    var merges: [MergeSpelling]
    var byteFallback: Bool
    /// The first setting that changes tokens in a way we do not follow.
    var unsupportedSetting: String?
  }

  /// A token that is found in a text as it is.
  struct Added {
    var id: Int
    var content: String
    var special: Bool
    /// The first option that we do not follow.
    var unsupportedOption: String?
  }

  var addedTokens: [Added] = []
  var normalizer: TokenizerPart?
  var preTokenizer: TokenizerPart?
  var postProcessor: TokenizerPart?
  var model: Model

  init(_ document: JSONField) throws(JSONError) {
    model = try Model(document.required("model"))
    for token in try document.required("added_tokens").elements {
      addedTokens.append(try Added(token))
    }
    normalizer = try TokenizerPart(document.member("normalizer"))
    preTokenizer = try TokenizerPart(document.member("pre_tokenizer"))
    postProcessor = try TokenizerPart(document.member("post_processor"))
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
      if let option = token.unsupportedOption { throw .addedToken(token.content, option: option) }
      plain.append(AddedToken(id: token.id, content: token.content, isSpecial: token.special))
    }
    return plain
  }

  /// Whether the post-processor puts a special token before a text.
  var opensPrompts: Bool { postProcessor?.steps.contains(where: \.opensTexts) ?? false }
}

extension TokenizerDocument.Model {
  fileprivate init(_ model: JSONField) throws(JSONError) {
    type = try model.required("type").string
    vocabulary = try model.required("vocab").integersByKey
    merges = []
    for merge in try model.member("merges")?.elements ?? [] {
      merges.append(try MergeSpelling(merge))
    }
    byteFallback = try model.member("byte_fallback")?.boolean ?? false
    if try model.member("ignore_merges")?.boolean == true {
      unsupportedSetting = "ignore_merges"
    } else if try model.member("dropout")?.double ?? 0 > 0 {
      unsupportedSetting = "dropout"
    } else {
      for key in ["end_of_word_suffix", "continuing_subword_prefix"]
      where try model.member(key)?.string.isEmpty == false {
        unsupportedSetting = key
      }
    }
  }
}

extension TokenizerDocument.Added {
  fileprivate init(_ token: JSONField) throws(JSONError) {
    (id, content) = (try token.required("id").integer, try token.required("content").string)
    special = try token.member("special")?.boolean ?? false
    for key in ["single_word", "rstrip", "lstrip"] where try token.member(key)?.boolean == true {
      unsupportedOption = key
    }
  }
}

/// A merge as `["t", "h"]` or, in older files, as `"t h"`.
struct MergeSpelling {
  var left, right: String

  fileprivate init(_ merge: JSONField) throws(JSONError) {
    if case .array(let pair) = merge.value, pair.count == 2, let left = pair[0].string,
      let right = pair[1].string
    {
      (self.left, self.right) = (left, right)
      return
    }
    var parts: [String] = []
    if let line = merge.value.string {
      parts = line.split(separator: " ").map(String.init)
    } else {
      for part in try merge.elements { parts.append(try part.string) }
    }
    guard parts.count == 2 else {
      throw merge.invalid("must be a merge, which joins two tokens, not \(parts.count)")
    }
    (left, right) = (parts[0], parts[1])
  }
}

/// A normalizer, pre-tokenizer or post-processor of `tokenizer.json`, with the options that any of
/// them may have.
struct TokenizerPart {
  let type: String
  let addPrefixSpace, usesExpression, individualDigits, splits: Bool?
  let behavior, content, prepended, replacement, prependScheme: String?
  /// What a pattern looks for: a regular expression or a plain string.
  let expression, plainPattern: String?
  /// Whether a template puts a special token before a text.
  let opensTexts: Bool
  private let parts: [TokenizerPart]?

  /// The parts of a sequence, or the part itself.
  var steps: [TokenizerPart] { parts ?? [self] }

  fileprivate init?(_ part: JSONField?) throws(JSONError) {
    guard let part else { return nil }
    try self.init(part)
  }

  private init(_ part: JSONField) throws(JSONError) {
    type = try part.required("type").string
    addPrefixSpace = try part.member("add_prefix_space")?.boolean
    usesExpression = try part.member("use_regex")?.boolean
    individualDigits = try part.member("individual_digits")?.boolean
    splits = try part.member("split")?.boolean
    behavior = try part.member("behavior")?.string
    content = try part.member("content")?.string
    prepended = try part.member("prepend")?.string
    replacement = try part.member("replacement")?.string
    prependScheme = try part.member("prepend_scheme")?.string
    let pattern = try part.member("pattern")
    expression = try pattern?.member("Regex")?.string
    plainPattern = try pattern?.member("String")?.string
    opensTexts = try part.member("single")?.elements.first?.member("SpecialToken") != nil
    var parts: [TokenizerPart]?
    for key in ["normalizers", "pretokenizers", "processors"] {
      for element in try part.member(key)?.elements ?? [] {
        parts = (parts ?? []) + [try TokenizerPart(element)]
      }
    }
    self.parts = parts
  }
}
