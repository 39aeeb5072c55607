#compdef prox
#
# zsh completion for prox
#
# For this shell:      source <(prox completion zsh)
# For good: into a folder of $fpath, before compinit is called in ~/.zshrc
#   mkdir -p ~/.zfunc && prox completion zsh > ~/.zfunc/_prox
#   fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit     in ~/.zshrc

_prox() {
    local prox=prox what line
    local -a typed lines shown
    [[ $words[1] == */prox ]] && prox=${~words[1]}
    (( CURRENT > 2 )) && typed=("${(@Q)words[2,CURRENT-1]}")
    lines=("${(@f)$(command $prox __complete zsh "${typed[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
    what=$lines[1]
    for line in "${(@)lines[2,-1]}"; do
        [[ -n $line ]] || continue
        line=${line//:/\\:}
        shown+=("${line/$'\t'/:}") # of one without a tab all is the value
    done
    case $what in
    command\ *)
        (( CURRENT -= ${what#command } ))
        words=("${(@)words[${what#command }+1,-1]}")
        _normal
        return
        ;;
    esac
    [[ $PREFIX == --*=* ]] && compset -P '*='
    local found=1
    if (( $#shown )); then
        if [[ $PREFIX == -* ]]; then
            _describe -o -V option shown && found=0
        else
            _describe -V value shown && found=0
        fi
    fi
    case $what in
    files) _files && found=0 ;;
    folders) _files -/ && found=0 ;;
    esac
    return found
}

if [[ $funcstack[1] == _prox ]]; then
    _prox "$@" # loaded from $fpath
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef _prox prox
fi
