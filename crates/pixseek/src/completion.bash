# Completion of pixseek for bash: source <(pixseek completions bash)
_pixseek() {
    local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^@:=]/} IFS=$' \t\n' words word
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[${#words[@]} - 1]}
    IFS=$'\n'
    COMPREPLY=($(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) PIXSEEK_COMPLETE=bash \
        pixseek -- "${words[@]}" 2>/dev/null))
    # bash replaces only what stands behind the last of these characters.
    if [[ -n $breaks && $word == *[$breaks]* ]]; then
        word=${word%"${word##*[$breaks]}"}
        COMPREPLY=("${COMPREPLY[@]#"$word"}")
    fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:/=] ]]; then
        compopt -o nospace
    fi
}
complete -o bashdefault -F _pixseek pixseek
