import Foundation

/// The rule-based sentiment score of Hutto and Gilbert (2014), "VADER", section 3.
///
/// A text's score is s/√(s² + 15), where s sums the valences of its words after five rules:
/// negation within three words, boosters and dampeners, capitals, `but`, and exclamation or question
/// marks. The rules follow vaderSentiment 3.3.2 to the letter, oddities included, so that the
/// scores are the package's.
package struct VADER: Sendable {
  /// The mean human rating of each lower-case word, from −4 to 4.
  let valences: [String: Double]
  /// What stands for an emoji of one code point.
  let emojis: [Unicode.Scalar: String]

  /// Reads the package's lexicon and its table of emojis, one entry a line, separated by tabs.
  package init(lexicon: String, emojis emojiTable: String) {
    var valences: [String: Double] = [:]
    for (word, rating) in entries(of: lexicon) { valences[word] = Double(rating) }
    var emojis: [Unicode.Scalar: String] = [:]
    for (emoji, description) in entries(of: emojiTable) where emoji.unicodeScalars.count == 1 {
      for scalar in emoji.unicodeScalars { emojis[scalar] = description }
    }
    (self.valences, self.emojis) = (valences, emojis)
  }

  /// The compound score from −1 to 1, rounded to four digits as the package does.
  package func compound(of text: String) -> Double {
    let text = withoutEmojis(text)
    let words = Words(text)
    var valences = words.lower.indices.map { valence(at: $0, in: words) }
    weighContrast(in: words, &valences)
    let sum = valences.reduce(0, +)
    let emphasized = sum + (sum > 0 ? 1 : sum < 0 ? -1 : 0) * emphasis(of: text)
    let score = emphasized / (emphasized * emphasized + VADERWords.normalization).squareRoot()
    return (score * 10_000).rounded() / 10_000
  }

  /// A text's words with the punctuation around them taken off, and which of them shout.
  struct Words {
    var lower: [String] = []
    var isUpper: [Bool] = []
    /// Whether some words are all capitals and some are not, so that capitals mean something.
    var capitalsDiffer: Bool { isUpper.contains(true) && isUpper.contains(false) }

    init(_ text: String) {
      for part in text.unicodeScalars.split(whereSeparator: isSpace) {
        let word = String(strippedOfPunctuation(part))
        lower.append(word.lowercased())
        isUpper.append(isAllCapitals(word))
      }
    }
  }

  private func withoutEmojis(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { emojis[$0] != nil }) else { return text }
    var result = String.UnicodeScalarView()
    var followsSpace = true
    for scalar in text.unicodeScalars {
      if let description = emojis[scalar] {
        if !followsSpace { result.append(" ") }
        result.append(contentsOf: description.unicodeScalars)
        followsSpace = false
      } else {
        result.append(scalar)
        followsSpace = scalar == " "
      }
    }
    return String(result)
  }

  /// The valence of one word in its surroundings; zero for words outside the lexicon.
  private func valence(at i: Int, in words: Words) -> Double {
    let word = words.lower[i]
    let isKindOf = word == "kind" && i + 1 < words.lower.count && words.lower[i + 1] == "of"
    guard let rating = valences[word], VADERWords.boost(of: word) == 0, !isKindOf else { return 0 }
    var valence = rating
    if word == "no", i + 1 < words.lower.count, valences[words.lower[i + 1]] != nil { valence = 0 }
    if followsNo(i, words.lower) { valence = rating * VADERWords.negation }
    if words.isUpper[i], words.capitalsDiffer {
      valence += valence > 0 ? VADERWords.capitals : -VADERWords.capitals
    }
    for distance in 1...3 where i >= distance && valences[words.lower[i - distance]] == nil {
      valence += modifier(at: i - distance, in: words, valence: valence, distance: distance)
      valence *= negationFactor(i, words.lower, distance: distance)
      if distance == 3 { valence = idiomValence(i, words.lower) ?? valence }
      if distance == 3 { valence += boostOfPhrases(before: i, words.lower) }
    }
    return isLeast(i, words.lower) ? valence * VADERWords.negation : valence
  }

  private func followsNo(_ i: Int, _ words: [String]) -> Bool {
    (i > 0 && words[i - 1] == "no") || (i > 1 && words[i - 2] == "no")
      || (i > 2 && words[i - 3] == "no" && (words[i - 1] == "or" || words[i - 1] == "nor"))
  }

  /// What a booster or dampener adds, less the farther off it stands.
  private func modifier(at i: Int, in words: Words, valence: Double, distance: Int) -> Double {
    var boost = VADERWords.boost(of: words.lower[i])
    guard boost != 0 else { return 0 }
    if valence < 0 { boost = -boost }
    if words.isUpper[i], words.capitalsDiffer {
      boost += valence > 0 ? VADERWords.capitals : -VADERWords.capitals
    }
    return boost * (distance == 3 ? 0.9 : distance == 2 ? 0.95 : 1)
  }

  /// The factor of a negation so many words before, or of "never so", "never this".
  private func negationFactor(_ i: Int, _ words: [String], distance: Int) -> Double {
    func isSoOrThis(_ word: String) -> Bool { word == "so" || word == "this" }
    let negator = words[i - distance]
    if distance == 2 {
      if negator == "never", isSoOrThis(words[i - 1]) { return 1.25 }
      if negator == "without", words[i - 1] == "doubt" { return 1 }
    } else if distance == 3 {
      // The package's precedence: "so" or "this" just before counts without "never".
      if (negator == "never" && isSoOrThis(words[i - 2])) || isSoOrThis(words[i - 1]) {
        return 1.25
      }
      if negator == "without", words[i - 2] == "doubt" || words[i - 1] == "doubt" { return 1 }
    }
    return VADERWords.isNegation(negator) ? VADERWords.negation : 1
  }

  /// The valence of an idiom that ends at the word, ends before it, or begins with it.
  private func idiomValence(_ i: Int, _ words: [String]) -> Double? {
    let ending = [
      (i - 1)...i, (i - 2)...i, (i - 2)...(i - 1), (i - 3)...(i - 1), (i - 3)...(i - 2),
    ]
    var valence = ending.lazy.compactMap { VADERWords.idioms[phrase($0, words)] }.first
    for last in [i + 1, i + 2] where last < words.count {
      valence = VADERWords.idioms[phrase(i...last, words)] ?? valence
    }
    return valence
  }

  private func boostOfPhrases(before i: Int, _ words: [String]) -> Double {
    [(i - 3)...(i - 1), (i - 3)...(i - 2), (i - 2)...(i - 1)]
      .reduce(0) { $0 + VADERWords.boost(of: phrase($1, words)) }
  }

  private func phrase(_ range: ClosedRange<Int>, _ words: [String]) -> String {
    words[range].joined(separator: " ")
  }

  /// Whether "least" before the word negates it, as it does except in "at least" and "very least".
  private func isLeast(_ i: Int, _ words: [String]) -> Bool {
    guard i > 0, words[i - 1] == "least", valences["least"] == nil else { return false }
    return i == 1 || (words[i - 2] != "at" && words[i - 2] != "very")
  }

  /// Halves what stands before the first "but" and adds half to what stands after it.
  ///
  /// The package looks each value up again by its size and changes the first that is equal, so
  /// that equal values may be changed in another's place; kept, for its scores are the gold.
  private func weighContrast(in words: Words, _ valences: inout [Double]) {
    guard let contrast = words.lower.firstIndex(of: "but") else { return }
    for i in valences.indices {
      guard let place = valences.firstIndex(of: valences[i]) else { continue }
      if place < contrast { valences[place] *= 0.5 }
      if place > contrast { valences[place] *= 1.5 }
    }
  }

  /// What exclamation and question marks add to the size of the sum.
  private func emphasis(of text: String) -> Double {
    var (exclamations, questions) = (0, 0)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "!") { exclamations += 1 }
      if byte == UInt8(ascii: "?") { questions += 1 }
    }
    let doubt = questions < 2 ? 0 : questions <= 3 ? Double(questions) * 0.18 : 0.96
    return Double(min(exclamations, 4)) * 0.292 + doubt
  }
}

/// White space as the lexicon's own reader defines it.
private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09...0x0D, 0x1C...0x20: true
  case ..<0x80: false
  default: scalar.properties.isWhitespace
  }
}

private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
  default: false
  }
}

/// The first two fields of each line of a table whose fields are separated by tabs.
private func entries(of table: String) -> [(String, String)] {
  // By scalars, since CR LF is one character.
  table.unicodeScalars.split(separator: "\n").compactMap { line in
    let fields = String(line).trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "\t")
    return fields.count > 1 ? (String(fields[0]), String(fields[1])) : nil
  }
}

/// The word without punctuation around it, unless too little is left: then it was an emoticon.
private func strippedOfPunctuation(
  _ word: Substring.UnicodeScalarView
) -> Substring.UnicodeScalarView {
  guard let start = word.firstIndex(where: { !isPunctuation($0) }),
    let last = word.lastIndex(where: { !isPunctuation($0) })
  else { return word }
  let stripped = word[start...last]
  return stripped.count <= 2 ? word : stripped
}

private func isAllCapitals(_ word: String) -> Bool {
  var hasCapital = false
  for scalar in word.unicodeScalars {
    switch letterCase(of: scalar) {
    case .upper: hasCapital = true
    case .other: return false
    case nil: break
    }
  }
  return hasCapital
}

private enum LetterCase { case upper, other }

private func letterCase(of scalar: Unicode.Scalar) -> LetterCase? {
  switch scalar.value {
  case 0x41...0x5A: return .upper
  case 0x61...0x7A: return .other
  case ..<0x80: return nil
  default:
    let isTitle = scalar.properties.generalCategory == .titlecaseLetter
    return isTitle || scalar.properties.isLowercase
      ? .other : scalar.properties.isUppercase ? .upper : nil
  }
}
