import Tokenization

extension ReviewLexicon {
  /// The role of every token id of the vocabulary that holds this lexicon.
  func roles(in vocabulary: WordVocabulary) -> [ReviewRole] {
    var roles = Array(repeating: ReviewRole.foreign, count: vocabulary.vocabularySize)
    func assign(_ role: ReviewRole, to word: String) { roles[vocabulary.id(of: word)] = role }
    roles[vocabulary.endToken] = .end
    assign(.the, to: Self.the)
    assign(.copula, to: Self.copula)
    assign(.negation, to: Self.negation)
    assign(.period, to: Self.period)
    for word in Self.conjunctions { assign(.conjunction, to: word) }
    for (index, word) in Self.aspects.enumerated() { assign(.aspect(index), to: word) }
    for entry in Self.intensifiers { assign(.intensifier(entry.intensity), to: entry.word) }
    for entry in adjectives { assign(.adjective(entry.valence), to: entry.word) }
    return roles
  }
}

extension WordVocabulary {
  /// The id of a word that the task itself put into the vocabulary.
  func id(of word: String) -> Int {
    guard let id = self[word] else { preconditionFailure("'\(word)' is not in the vocabulary") }
    return id
  }

  /// The ids of words that were numbered one after the other.
  func range(of words: [String]) -> Range<Int> {
    let first = words.first.map(id(of:)) ?? 0
    return first..<first + words.count
  }
}
